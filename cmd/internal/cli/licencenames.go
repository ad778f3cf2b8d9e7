package cli

import (
	"errors"
	"os"

	"hybridaudit/audit/plans"
	"hybridaudit/sources/imports"
)

// licenceNames reads the display names of subscriptions and plans from a file that the configuration names.
func (a *app) licenceNames(path string) (plans.Names, error) {
	path = a.beside(path)
	f, err := os.Open(path) //nolint:gosec // the administrator names the file
	if err != nil {
		return plans.Names{}, err //nolint:wrapcheck // it says what could not be opened
	}
	n, err := imports.ReadLicenceNames(f, path)
	return plans.Names(n), errors.Join(err, f.Close())
}
