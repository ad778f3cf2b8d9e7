package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"hybridaudit/cmd/internal/config"
	"hybridaudit/sources/graph"
)

// credential gives the source of a tenant what its way to sign in needs.
func (a *app) credential(g *graph.Config, t config.Tenant, key string) error {
	switch g.Auth {
	case graph.BySecret:
		secret, err := t.Secret.Resolve()
		if err != nil {
			return fmt.Errorf("%s.secret: %w", key, err)
		}
		g.Secret = given(secret)
	case graph.ByCertificate:
		return a.tenantCertificate(g, t, key)
	case graph.ByWorkloadIdentity:
		if _, err := os.Stat(g.TokenFile); err != nil {
			return fmt.Errorf("%s.tokenFile: %w", key, err)
		}
	case graph.ByDeviceCode:
		if !a.prompt && !a.offline && !a.bars() {
			return fmt.Errorf("%s.auth: deviceCode wants a person at a terminal, and this run has none: run it in a terminal without --quiet and with --log-format text, give --prompt to have the "+
				"code shown all the same, or sign in another way (certificate, managedIdentity, workloadIdentity)", key)
		}
		g.Prompt = a.showCode
	}
	return nil
}

func (a *app) tenantCertificate(g *graph.Config, t config.Tenant, key string) error {
	data, err := os.ReadFile(a.beside(t.Certificate))
	if err != nil {
		return fmt.Errorf("%s.certificate: %w", key, err)
	}
	g.Certificate = &graph.Certificate{Data: data}
	if !t.CertificatePassword.IsZero() {
		password, err := t.CertificatePassword.Resolve()
		if err != nil {
			return fmt.Errorf("%s.certificatePassword: %w", key, err)
		}
		g.Certificate.Password = given(password)
	}
	if err := g.Certificate.Check(); err != nil {
		return fmt.Errorf("%s.certificate: %s: %w", key, t.Certificate, err)
	}
	return nil
}

// showCode tells a person how to sign in: above the progress bars, if there are any. It is no log line, but for those who want to see the code among them.
func (a *app) showCode(_ context.Context, c graph.DeviceCode) error {
	message := c.Message
	if message == "" {
		message = fmt.Sprintf("To sign in, open %s and enter the code %s.", c.URL, c.Code)
	}
	if a.logFormat == "json" {
		slog.New(slog.NewJSONHandler(a.lines, nil)).Info(message, "tenant", c.Tenant)
		return nil
	}
	if _, err := fmt.Fprintf(a.lines, "Tenant %s: %s\n", c.Tenant, message); err != nil {
		return errors.New("the error stream cannot be written to")
	}
	return nil
}
