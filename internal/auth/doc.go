// Package auth finds out who a connection is: users with passwords, bcrypt
// hashes, nkeys or certificates, a token, or the user of those who say nothing.
//
// What the peer hears of a failure never says why; the log may. [P-21]
package auth
