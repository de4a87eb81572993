package group

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// Part is something that a server starts and stops: a listener, a store. Either
// function may be nil. The context bounds how long it may take; it is not the
// lifetime of the part.
type Part struct {
	// Name begins the errors of the part.
	Name string
	// Start returns when the part serves, or with the reason why it does not.
	Start func(context.Context) error
	// Stop returns when nothing of the part is left.
	Stop func(context.Context) error
}

// Stages starts parts in order and stops them in the reverse order. One
// goroutine uses it at a time.
type Stages struct {
	started [][]Part
}

// Start starts the parts of one stage side by side and returns when all of
// them serve. When one of them refuses, those of this stage that did start are
// stopped again before it returns; stages before it stay as they are, so the
// caller decides with Stop.
func (s *Stages) Start(ctx context.Context, parts ...Part) error {
	running := make([]bool, len(parts))
	eg, startCtx := errgroup.WithContext(ctx)
	for i, part := range parts {
		eg.Go(func() error {
			if part.Start != nil {
				if err := part.Start(startCtx); err != nil {
					return fmt.Errorf("%s: %w", part.Name, err)
				}
			}
			running[i] = true
			return nil
		})
	}
	err := eg.Wait()
	var stage []Part
	for i, part := range parts {
		if running[i] {
			stage = append(stage, part)
		}
	}
	if err != nil {
		return errors.Join(err, stopStage(ctx, stage))
	}
	s.started = append(s.started, stage)
	return nil
}

// Stop stops the last stage first, the parts of a stage side by side. It goes
// on after an error, so that one part that does not stop leaves no other
// running, and returns all errors joined. Afterwards there are no stages.
func (s *Stages) Stop(ctx context.Context) error {
	var errs []error
	for i := len(s.started) - 1; i >= 0; i-- {
		if err := stopStage(ctx, s.started[i]); err != nil {
			errs = append(errs, err)
		}
	}
	s.started = nil
	return errors.Join(errs...)
}

// stopStage stops parts side by side and joins their errors.
func stopStage(ctx context.Context, parts []Part) error {
	errs := make([]error, len(parts))
	var eg errgroup.Group
	for i, part := range parts {
		if part.Stop == nil {
			continue
		}
		eg.Go(func() error {
			if err := part.Stop(ctx); err != nil {
				errs[i] = fmt.Errorf("stop %s: %w", part.Name, err)
			}
			return nil // errs keeps all of them, eg only the first
		})
	}
	if err := eg.Wait(); err != nil {
		return err
	}
	return errors.Join(errs...)
}
