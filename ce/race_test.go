//go:build race

package ce

// raceDetector says that the test is slowed down by the race detector.
const raceDetector = true
