package conf

import (
	"time"
)

var websocketBlock block[WebsocketOpts]

func init() {
	type W = WebsocketOpts
	websocketBlock = block[W]{
		"listen":            func(d *decoder, w *W, f *field) { d.listen(f, &w.Host, &w.Port) },
		"port":              number(func(w *W) *int { return &w.Port }),
		"host":              text(func(w *W) *string { return &w.Host }),
		"advertise":         text(func(w *W) *string { return &w.Advertise }),
		"no_tls":            flag(func(w *W) *bool { return &w.NoTLS }),
		"tls":               tlsOf(func(w *W) tlsParts { return tlsParts{&w.TLSConfig, &w.TLSTimeout, &w.TLSBlock} }, &tlsFields),
		"same_origin":       flag(func(w *W) *bool { return &w.SameOrigin }),
		"allowed_origins":   texts(func(w *W) *[]string { return &w.AllowedOrigins }),
		"handshake_timeout": quietDuration(func(w *W) *time.Duration { return &w.HandshakeTimeout }),
		"compression":       flag(func(w *W) *bool { return &w.Compression }),
		"authorization": func(d *decoder, w *W, f *field) {
			if a := d.authorization(f, webAuthFields); a != nil {
				w.Username, w.Password, w.Token, w.AuthTimeout = a.user, a.password, a.token, a.timeout
			}
		},
		"jwt_cookie":    text(func(w *W) *string { return &w.JWTCookie }),
		"user_cookie":   text(func(w *W) *string { return &w.UserCookie }),
		"pass_cookie":   text(func(w *W) *string { return &w.PassCookie }),
		"token_cookie":  text(func(w *W) *string { return &w.TokenCookie }),
		"no_auth_user":  text(func(w *W) *string { return &w.NoAuthUser }),
		"headers":       func(d *decoder, w *W, f *field) { w.Headers = d.metadata(f) },
		"ping_interval": duration(func(w *W) *time.Duration { return &w.PingInterval }),
	}
	for name, others := range map[string][]string{
		"host": {"net"}, "compression": {"compress"}, "allowed_origins": {"allow_origin", "allow_origins", "allowed_origin", "origin", "origins"},
	} {
		websocketBlock.alias(name, others...)
	}
}
