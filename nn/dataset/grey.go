package dataset

import "errors"

// Grey makes the images of one channel, the luma that PIL's convert("L") takes of red, green and blue (ITU-R 601-2): for networks of grey
// images. Images of one channel stay as they are. Streamed ones stay in colour, which is an error.
func (d *Data) Grey() error {
	for _, s := range []*Set{d.Train, d.Test} {
		if s == nil || s.Len() == 0 || s.Channels == 1 {
			continue
		}
		if s.Streamed() {
			return errors.New("the images do not fit in memory, and only those that do are made grey")
		}
		grey := make([]uint8, len(s.Pixels)/s.Channels)
		for i := range grey {
			p := s.Pixels[i*s.Channels:]
			grey[i] = uint8((19595*uint32(p[0]) + 38470*uint32(p[1]) + 7471*uint32(p[2]) + 1<<15) >> 16)
		}
		s.Pixels, s.Channels = grey, 1
	}
	return nil
}
