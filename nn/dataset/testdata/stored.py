#!/usr/bin/python3
"""Writes stored/: one image in many formats, each with the red, green and blue that Pillow's convert("RGB") makes of it (of 16 bits a
channel the upper eight, as Pillow takes them of colours)."""
import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageDraw

os.makedirs("stored", exist_ok=True)
H, W = 9, 13
y, x = np.mgrid[:H, :W]
a = np.stack([x * 19 % 256, y * 28 % 256, (x * 7 + y * 11) % 256], 2).astype("u1")
alpha = ((x + y) % 4 * 85).astype("u1")  # 0 among them
rgb, grey = Image.fromarray(a), Image.fromarray(a[..., 0])
rgba = Image.fromarray(np.dstack([a, alpha]))
palette = rgb.quantize(32)


def keep(name, pixels=None):
    if pixels is None:
        pixels = np.asarray(Image.open("stored/" + name).convert("RGB"))
    assert pixels.ndim == 3 and pixels.dtype == np.uint8, name
    open("stored/" + name + ".rgb", "wb").write(pixels.tobytes())


def save(name, image, **options):
    image.save("stored/" + name, **options)
    keep(name)


def png(name, depth, kind, samples, pixels, *chunks):
    """A PNG of samples of 16 bits, or of 8, or packed ones."""
    def chunk(tag, body):
        return struct.pack(">I", len(body)) + tag + body + struct.pack(">I", zlib.crc32(tag + body))
    rows = b"".join(b"\0" + row.tobytes() for row in samples)
    text = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, depth, kind, 0, 0, 0))
    for tag, body in chunks:
        text += chunk(tag, body)
    open("stored/" + name, "wb").write(text + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    keep(name, pixels)


three = np.repeat(a[..., :1], 3, 2)
wide = lambda v: (v.astype(">u2") * 256 + 77).astype(">u2")  # the lower bits are not to be seen
save("rgb.png", rgb)
save("rgba.png", rgba)
save("grey.png", grey)
save("greyalpha.png", Image.merge("LA", (grey, Image.fromarray(alpha))))
save("palette.png", palette)
save("palettealpha.png", palette, transparency=3)
save("palette2.png", rgb.quantize(4), bits=2)
save("bits.png", grey.convert("1"))
png("greyalpha16.png", 16, 4, wide(np.dstack([a[..., :1], alpha])), three)
png("rgb16.png", 16, 2, wide(a), a)
png("rgba16.png", 16, 6, wide(np.dstack([a, alpha])), a)
png("rgbkey.png", 8, 2, a, a, (b"tRNS", struct.pack(">HHH", *a[4, 5])))
png("rgbkey16.png", 16, 2, wide(a), a, (b"tRNS", struct.pack(">HHH", *wide(a[4, 5]))))
png("greykey.png", 8, 0, a[..., :1], three, (b"tRNS", struct.pack(">H", a[4, 5, 0])))
png("gamma.png", 8, 2, a, a, (b"gAMA", struct.pack(">I", 100000)))
for bits in (1, 2, 4):
    v = a[..., 0] >> (8 - bits)
    padded = np.zeros((H, -(-W * bits // 8) * 8 // bits), "u1")
    padded[:, :W] = v
    packed = np.packbits(np.unpackbits(padded[..., None], axis=2)[..., 8 - bits:].reshape(H, -1), axis=1)
    png(f"grey{bits}.png", bits, 0, packed, np.repeat((v * (255 // (2**bits - 1)))[..., None], 3, 2).astype("u1"))

for name, image in {"rgb": rgb, "grey": grey, "palette": palette, "bits": grey.convert("1"), "rgba": rgba}.items():
    save(name + ".bmp", image)
    save(name + ".tif", image)
save("lzw.tif", rgb, compression="tiff_lzw")
save("deflate.tiff", rgb, compression="tiff_adobe_deflate")
save("packbits.tif", grey, compression="packbits")
bits = grey.convert("1")
for packed in "group3", "group4":
    save(packed + ".tif", bits, compression=packed)
    text = bytearray(open(f"stored/{packed}.tif", "rb").read())
    at = text.index(struct.pack("<HHI", 262, 3, 1)) + 8  # PhotometricInterpretation
    text[at] = 0  # white is 0, and not black
    open(f"stored/{packed}white.tif", "wb").write(text)
    keep(packed + "white.tif")
save("group4fillorder.tif", bits, compression="group4", tiffinfo={266: 2})
for orientation in range(2, 9):
    save(f"turned{orientation}.tif", rgb, tiffinfo={274: orientation})
for name, image in {"grey": grey, "bits": bits, "palette": palette, "rgba": rgba}.items():
    save(f"turned{name}.tif", image, tiffinfo={274: 6})
save("turnedgroup4.tif", bits, compression="group4", tiffinfo={274: 7})
exif = Image.Exif()
exif[274] = 6  # Pillow turns a TIFF, and nothing else
for name in "turned.jpg", "turned.png", "turned.webp":
    save(name, rgb, exif=exif, lossless=True)
under = np.dstack([(a.astype("u2") * alpha[..., None] // 255).astype("u1"), alpha])
text = bytearray(open("stored/rgba.tif", "rb").read())
at = text.index(struct.pack("<HHI", 338, 3, 1)) + 8  # ExtraSamples
text[at] = 1  # the colours have been multiplied by the transparency
start = text.index(np.dstack([a, alpha]).tobytes())
text[start:start + under.size] = under.tobytes()
open("stored/multiplied.tif", "wb").write(text)
keep("multiplied.tif")
save("lossy.webp", rgb, quality=80)
save("even.webp", rgb.resize((20, 16)), quality=90)
save("lossless.webp", rgb, lossless=True)
save("lossyalpha.webp", rgba, quality=80, exact=True)
save("losslessalpha.webp", rgba, lossless=True, exact=True)
save("rgb.ppm", rgb)
save("grey.pgm", grey)
save("bits.pbm", grey.convert("1"))
rows = lambda v: "\n".join(" ".join(str(n) for n in row.reshape(-1)) for row in v)
for name, head, text, pixels in (
    ("plain.ppm", f"P3 # colours\n# and a comment\n{W}\t{H}\r\n255\n", rows(a), a),
    ("plain.pgm", f"P2 {W} {H} 255 ", rows(a[..., 0]), three),
    ("plain.pbm", f"P1 {W} {H}\n", "\n".join("".join(str(n) for n in row) for row in a[..., 0] >> 7), np.where(three > 127, 0, 255).astype("u1")),
    ("fifteen.pgm", f"P2\n{W} {H}\n15\n", rows(a[..., 0] // 17), (three // 17 * 17).astype("u1")),
):
    open("stored/" + name, "w", newline="").write(head + text + "\n")
    keep(name, pixels)
for white in 100, 200:  # Pillow rounds halves to even numbers
    open(f"stored/white{white}.pgm", "wb").write(f"P5 {W} {H} {white}\n".encode() + (a[..., 0] % (white + 1)).tobytes())
    keep(f"white{white}.pgm")
open("stored/rgb16.ppm", "wb").write(f"P6 {W} {H} 65535\n".encode() + (a.astype(">u2") * 257).tobytes())
keep("rgb16.ppm", a)
save("rgb.jpg", rgb, quality=90)
save("progressive.jpg", rgb, quality=80, progressive=True, subsampling=2)
save("grey.jpeg", grey, quality=90)
save("cmyk.jpg", rgb.convert("CMYK"), quality=90)
