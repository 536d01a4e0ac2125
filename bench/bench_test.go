package main

import "testing"

// runGroups is every cell of the groups that belongs to the benchmark, under the names
// that the command has.
func runGroups(b *testing.B, bench string, groups []group) {
	for _, g := range groups {
		for _, c := range g {
			if c.bench != bench {
				continue
			}
			b.Run(c.of+"/subject="+c.subject, func(b *testing.B) {
				b.ReportAllocs()
				c.set(func() {
					c.run(4)
					b.ResetTimer()
					c.run(b.N)
					b.StopTimer()
				})
			})
		}
	}
}

func endToEndGroups() []group { return endToEnd(newSubjects(), allPayloads()) }

func codecGroups() []group { return codecs(newSubjects(), allPayloads()) }

func BenchmarkUntouched(b *testing.B) { runGroups(b, "Untouched", endToEndGroups()) }

func BenchmarkRead(b *testing.B) { runGroups(b, "Read", endToEndGroups()) }

func BenchmarkReadAll(b *testing.B) { runGroups(b, "ReadAll", endToEndGroups()) }

func BenchmarkWrite(b *testing.B) { runGroups(b, "Write", endToEndGroups()) }

func BenchmarkForged(b *testing.B) { runGroups(b, "Forged", endToEndGroups()) }

func BenchmarkEncode(b *testing.B) { runGroups(b, "Encode", codecGroups()) }

func BenchmarkDecode(b *testing.B) { runGroups(b, "Decode", codecGroups()) }

func BenchmarkReadBySize(b *testing.B) { runGroups(b, sweepRead, sweep(newSubjects())) }

func BenchmarkWriteBySize(b *testing.B) { runGroups(b, sweepWrite, sweep(newSubjects())) }

func BenchmarkParallel(b *testing.B) { runGroups(b, "Parallel", parallel(newSubjects())) }
