package users

import (
	"context"
	"errors"

	"rieltime/checkout"
)

// NeedsCode reports whether a user's password must be followed by a code.
func (s *Service) NeedsCode(ctx context.Context, userID string) (bool, error) {
	app, err := s.store.CodeApp(ctx, userID)
	if isNotFound(err) {
		return false, nil
	}
	return !app.ConfirmedAt.IsZero(), err
}

// BeginSecondStep keeps for a few minutes that a user's password was right, and returns
// what the browser's cookie must hold until the code is typed.
func (s *Service) BeginSecondStep(ctx context.Context, userID string) (checkout.Secret, error) {
	return s.beginChallenge(ctx, PurposeSecondStep, userID, "")
}

// SecondStep returns the user whose code is awaited; ErrChallengeOver when none is.
func (s *Service) SecondStep(ctx context.Context, token checkout.Secret) (User, error) {
	challenge, err := s.store.Challenge(ctx, hashToken(token), PurposeSecondStep)
	if isNotFound(err) || err == nil && !s.now().Before(challenge.ExpiresAt) {
		return User{}, ErrChallengeOver
	}
	if err != nil {
		return User{}, err
	}

	user, err := s.store.User(ctx, challenge.UserID)
	if err == nil && !user.DisabledAt.IsZero() {
		return User{}, ErrChallengeOver
	}
	return user, err
}

// FinishSecondStep takes the code that completes a sign-in. It returns the user and how
// they have proved who they are.
func (s *Service) FinishSecondStep(ctx context.Context, token checkout.Secret, code string, client Client) (User, Method, error) {
	user, err := s.SecondStep(ctx, token)
	if err != nil {
		return User{}, "", err
	}
	method, err := s.CheckCode(ctx, user, code, client)
	if err != nil {
		return User{}, "", err
	}
	_, err = s.takeChallenge(ctx, token, PurposeSecondStep)
	return user, method, err
}

// CheckCode accepts a code of the user's app, or a recovery code, once. Like attempts at
// the password, it counts attempts before it looks, apart from them.
func (s *Service) CheckCode(ctx context.Context, user User, code string, client Client) (Method, error) {
	subjects := client.subjects("code " + user.Email)
	if err := s.countAttempt(ctx, subjects); err != nil {
		return "", err
	}

	ctx = checkout.WithActor(ctx, Actor(user.ID))
	app, err := s.store.CodeApp(ctx, user.ID)
	if err != nil {
		return "", err
	}

	plain, method := plainCode(code), MethodPassword
	if step := app.stepOf(plain, s.now()); step != 0 {
		err = s.store.UseCodeStep(ctx, user.ID, step)
	} else {
		method = MethodRecovery
		err = s.store.UseRecoveryCode(ctx, user.ID, hashToken(checkout.Secret(plain)), s.now())
	}
	if errors.Is(err, ErrCodeRefused) {
		if noted := s.store.NoteFailedSignIn(ctx, user.ID, client.Address); noted != nil {
			return "", noted
		}
	}
	if err != nil {
		return "", err
	}
	return method, s.store.ForgetAttempts(ctx, subjects[0].key)
}
