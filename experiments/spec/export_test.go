package spec

// What tests from outside look at.
var Nasty = nasty

const MostMistakes = mostMistakes
