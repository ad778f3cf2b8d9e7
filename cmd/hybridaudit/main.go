// Command hybridaudit audits an on-premises Active Directory and a Microsoft 365 tenant together: SIP identity, addresses, homing, the join of the two,
// licences, domains and synchronisation.
package main

import (
	"os"

	"hybridaudit/cmd/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], cli.IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
