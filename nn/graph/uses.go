package graph

// What operations read and write.

func (o *Conv) Reads() []Value        { return []Value{o.X} }
func (o *Bias) Reads() []Value        { return []Value{o.X} }
func (o *Linear) Reads() []Value      { return []Value{o.X} }
func (o *BatchNorm) Reads() []Value   { return []Value{o.X} }
func (o *GroupNorm) Reads() []Value   { return []Value{o.X} }
func (o *LayerNorm) Reads() []Value   { return []Value{o.X} }
func (o *Clamp) Reads() []Value       { return []Value{o.X} }
func (o *Leaky) Reads() []Value       { return []Value{o.X} }
func (o *ELU) Reads() []Value         { return []Value{o.X} }
func (o *ChannelConv) Reads() []Value { return []Value{o.X} }
func (o *Sigmoid) Reads() []Value     { return []Value{o.X} }
func (o *Add) Reads() []Value         { return []Value{o.A, o.B} }
func (o *MaxPool) Reads() []Value     { return []Value{o.X} }
func (o *AvgPool) Reads() []Value     { return []Value{o.X} }
func (o *GlobalPool) Reads() []Value  { return []Value{o.X} }
func (o *Dropout) Reads() []Value     { return []Value{o.X} }
func (o *Scale) Reads() []Value       { return []Value{o.X, o.A} }
func (o *Slice) Reads() []Value       { return []Value{o.X} }
func (o *Interleave) Reads() []Value  { return []Value{o.A, o.B} }
func (o *Flatten) Reads() []Value     { return []Value{o.X} }
func (o *Covariance) Reads() []Value  { return []Value{o.X} }
func (o *Newton) Reads() []Value      { return []Value{o.Sigma} }
func (o *Recall) Reads() []Value      { return []Value{o.X} }
func (o *Variance) Reads() []Value    { return []Value{o.X} }
func (o *RootMean) Reads() []Value    { return []Value{o.V} }
func (o *Lambda) Reads() []Value      { return nil }
func (o *Mix) Reads() []Value         { return present(o.X, o.P, o.Mean, o.A, o.S, o.Lambda) }

func (o *Conv) Writes() []Value        { return []Value{o.Y} }
func (o *Bias) Writes() []Value        { return []Value{o.Y} }
func (o *Linear) Writes() []Value      { return []Value{o.Y} }
func (o *BatchNorm) Writes() []Value   { return []Value{o.Y} }
func (o *GroupNorm) Writes() []Value   { return []Value{o.Y} }
func (o *LayerNorm) Writes() []Value   { return []Value{o.Y} }
func (o *Clamp) Writes() []Value       { return []Value{o.Y} }
func (o *Leaky) Writes() []Value       { return []Value{o.Y} }
func (o *ELU) Writes() []Value         { return []Value{o.Y} }
func (o *ChannelConv) Writes() []Value { return []Value{o.Y} }
func (o *Sigmoid) Writes() []Value     { return []Value{o.Y} }
func (o *Add) Writes() []Value         { return []Value{o.Y} }
func (o *MaxPool) Writes() []Value     { return []Value{o.Y} }
func (o *AvgPool) Writes() []Value     { return []Value{o.Y} }
func (o *GlobalPool) Writes() []Value  { return []Value{o.Y} }
func (o *Dropout) Writes() []Value     { return []Value{o.Y} }
func (o *Scale) Writes() []Value       { return []Value{o.Y} }
func (o *Slice) Writes() []Value       { return []Value{o.Y} }
func (o *Interleave) Writes() []Value  { return []Value{o.Y} }
func (o *Flatten) Writes() []Value     { return []Value{o.Y} }
func (o *Covariance) Writes() []Value  { return []Value{o.Mean, o.Sigma} }
func (o *Newton) Writes() []Value      { return []Value{o.P} }
func (o *Recall) Writes() []Value      { return []Value{o.Y} }
func (o *Variance) Writes() []Value    { return []Value{o.V} }
func (o *RootMean) Writes() []Value    { return []Value{o.S} }
func (o *Lambda) Writes() []Value      { return []Value{o.Y} }
func (o *Mix) Writes() []Value         { return []Value{o.Y} }

func (o *Conv) Weights() []Param        { return []Param{o.Weight} }
func (o *Bias) Weights() []Param        { return []Param{o.Bias} }
func (o *Linear) Weights() []Param      { return present(o.Weight, o.Bias) }
func (o *BatchNorm) Weights() []Param   { return []Param{o.Gamma, o.Beta} }
func (o *GroupNorm) Weights() []Param   { return []Param{o.Gamma, o.Beta} }
func (o *LayerNorm) Weights() []Param   { return []Param{o.Gamma, o.Beta} }
func (o *Clamp) Weights() []Param       { return nil }
func (o *Leaky) Weights() []Param       { return nil }
func (o *ELU) Weights() []Param         { return nil }
func (o *ChannelConv) Weights() []Param { return []Param{o.Weight} }
func (o *Sigmoid) Weights() []Param     { return nil }
func (o *Add) Weights() []Param         { return nil }
func (o *MaxPool) Weights() []Param     { return nil }
func (o *AvgPool) Weights() []Param     { return nil }
func (o *GlobalPool) Weights() []Param  { return nil }
func (o *Dropout) Weights() []Param     { return nil }
func (o *Scale) Weights() []Param       { return nil }
func (o *Slice) Weights() []Param       { return nil }
func (o *Interleave) Weights() []Param  { return nil }
func (o *Flatten) Weights() []Param     { return nil }
func (o *Covariance) Weights() []Param  { return nil }
func (o *Newton) Weights() []Param      { return nil }
func (o *Recall) Weights() []Param      { return nil }
func (o *Variance) Weights() []Param    { return nil }
func (o *RootMean) Weights() []Param    { return nil }
func (o *Lambda) Weights() []Param      { return present(o.Param) }
func (o *Mix) Weights() []Param         { return nil }

// present leaves out None.
func present[T ~int](list ...T) []T {
	var there []T
	for _, v := range list {
		if v != None {
			there = append(there, v)
		}
	}
	return there
}
