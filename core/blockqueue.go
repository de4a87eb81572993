package core

// Hot path.

// blockQueue is a queue of blocks whose memory stays: it is filled and emptied
// with every batch.
type blockQueue struct {
	list [][]byte
	head int // the first block; those before it are nil
}

// push puts a block at the end. The room of taken blocks is used again when it
// is half of the list: a slow consumer's queue may never run empty.
func (q *blockQueue) push(b []byte) {
	if q.head > 0 && len(q.list) == cap(q.list) && q.head >= len(q.list)/2 {
		n := copy(q.list, q.list[q.head:])
		clear(q.list[n:])
		q.list, q.head = q.list[:n], 0
	}
	q.list = append(q.list, b)
}

// pop takes the first block, nil of none.
func (q *blockQueue) pop() []byte {
	if q.head == len(q.list) {
		return nil
	}
	b := q.list[q.head]
	q.list[q.head] = nil
	q.head++
	if q.head == len(q.list) {
		q.list, q.head = q.list[:0], 0
	}
	return b
}

// unpop puts a block in front.
func (q *blockQueue) unpop(b []byte) {
	if q.head > 0 {
		q.head--
		q.list[q.head] = b
		return
	}
	q.list = append(q.list, nil)
	copy(q.list[1:], q.list)
	q.list[0] = b
}
