package core

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// answers publishes to a subject until it is refused and gives how often it
// went well, at most 10 times.
func (m *member) answers(subj string) int {
	for n := range 10 {
		if !m.Publisher().MayPublish([]byte(subj)) {
			return n
		}
	}
	return 10
}

// request sends m a message that wants an answer.
func request(from, m *member, reply string) {
	from.queue("req", reply, "x")
	from.Publisher().EndBatch()
	m.got()
}

// How often a message may be answered: once by default, as often as allowed,
// without end when negative; each message counts anew, and nothing else may be
// published. [P-19]
func TestResponsesMax(t *testing.T) {
	for _, row := range []struct{ max, want int }{{0, 1}, {1, 1}, {2, 2}, {-1, 10}} {
		b := newBench(t)
		svc := b.join(KindClient, "", Rules{PublishDeny: []string{"rep.deny"}, Responses: &Responses{Max: row.max}})
		asker := b.join(KindClient, "")
		svc.sub("req 1")
		if n := svc.answers("rep.1"); n != 0 {
			t.Errorf("max %d: %d answers before any request", row.max, n)
		}
		request(asker, svc, "rep.1")
		request(asker, svc, "rep.deny") // a denied subject may be answered all the same
		for _, reply := range []string{"rep.1", "rep.deny"} {
			if n := svc.answers(reply); n != row.want {
				t.Errorf("max %d: %d answers to %s, want %d", row.max, n, reply, row.want)
			}
		}
		request(asker, svc, "rep.1")
		if n := svc.answers("rep.1"); n != row.want {
			t.Errorf("max %d: %d answers to the second request, want %d", row.max, n, row.want)
		}
		if svc.answers("other") != 0 || svc.Publisher().MayPublishTraces([]byte("rep.1")) {
			t.Errorf("max %d: permission to answer is more than that [T-14]", row.max)
		}
	}
}

// For how long: two minutes by default, as configured, for ever when negative.
// [P-19]
func TestResponsesExpire(t *testing.T) {
	for _, row := range []struct{ expires, early, late time.Duration }{
		{0, 2*time.Minute - time.Second, 2*time.Minute + time.Second},
		{time.Second, time.Second, time.Second + time.Millisecond},
		{-1, 1000 * time.Hour, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			svc := b.join(KindClient, "", Rules{Responses: &Responses{Max: -1, Expires: row.expires}})
			asker := b.join(KindClient, "")
			svc.sub("req 1")
			request(asker, svc, "rep")
			pass(row.early)
			if svc.answers("rep") == 0 {
				t.Errorf("expires %v: refused after %v", row.expires, row.early)
			}
			if row.late > 0 {
				pass(row.late - row.early)
				if svc.answers("rep") != 0 {
					t.Errorf("expires %v: allowed after %v", row.expires, row.late)
				}
			}
		})
	}
}

// Subjects that may be published anyway use nothing up and are not kept, and
// outdated permissions are thrown away when there are many.
func TestResponsesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		svc := b.join(KindClient, "", Rules{PublishAllow: []string{"free"}, Responses: &Responses{Expires: time.Second}})
		asker := b.join(KindClient, "")
		svc.sub("req 1")
		request(asker, svc, "free")
		if len(svc.replies) != 0 {
			t.Errorf("%d permissions kept", len(svc.replies))
		}
		for i := range 4 * maxReplies {
			asker.queue("req", fmt.Sprintf("rep.%d", i), "")
			if i%maxReplies == 0 {
				pass(2 * time.Second)
			}
		}
		asker.Publisher().EndBatch()
		svc.got()
		if n := len(svc.replies); n > 2*maxReplies {
			t.Errorf("%d permissions kept, most of them outdated", n)
		}
	})
}
