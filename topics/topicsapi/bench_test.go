package topicsapi_test

import (
	"testing"
)

// BenchmarkTopicInfo is one question to the fake and its answer, over loopback.
func BenchmarkTopicInfo(b *testing.B) {
	fake := startFake(b)
	client := newClient(fake.URL())
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := client.TopicInfo(b.Context(), instance, conv); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
