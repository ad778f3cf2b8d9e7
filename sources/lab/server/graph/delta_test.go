package graphlab

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// clock is one that the test turns.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }
func userID(n int) string                { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }
func set(path, id, members string) Mutation {
	return Mutation{Path: path, ID: id, Set: json.RawMessage(members)}
}

type deltaPage struct {
	wirePage
	Delta string `json:"@odata.deltaLink"`
}

// round follows the links of a round and gives all objects and the link to the next round.
func (r *running) round(t *testing.T, token, target string, header ...string) (objects []map[string]any, delta string, pages int) {
	t.Helper()
	for target != "" {
		resp, body, err := r.get(t, token, target, header...)
		var p deltaPage
		if err != nil || resp.StatusCode != http.StatusOK || json.Unmarshal(body, &p) != nil {
			t.Fatalf("%s: %v %v %s", target, resp, err, body)
		}
		if (p.Next == "") == (p.Delta == "") {
			t.Fatalf("neither or both links: %q %q", p.Next, p.Delta)
		}
		objects = append(objects, p.Value...)
		target, delta = p.Next, p.Delta
		if pages++; pages > 100 {
			t.Fatal("endless")
		}
	}
	return objects, delta, pages
}

// serve starts a server of which the test changes the objects.
func serve(t *testing.T, o Options) (*running, *Server) {
	t.Helper()
	var s *Server
	r := startServer(t, o, &s)
	return r, s
}

func TestDeltaTellsAllAndThenChanges(t *testing.T) {
	r, s := serve(t, Options{Tenant: sampleTenant(250)})
	token := r.token(t)
	all, link, pages := r.round(t, token, "/v1.0/users/delta?$select=id,displayName")
	if len(all) != 250 || pages != 3 || len(all[0]) != 2 {
		t.Fatalf("%d objects in %d pages: %v", len(all), pages, all[0])
	}
	if strings.Contains(link, "select") || !strings.Contains(link, "/v1.0/users/delta?$deltatoken=") {
		t.Errorf("link %q", link)
	}
	none, same, _ := r.round(t, token, link)
	if len(none) != 0 || same == link {
		t.Errorf("%d changes of nothing; link %q", len(none), same)
	}
	if err := s.Mutate(
		set("users", userID(3), `{"displayName":"Three"}`), set("users", userID(3), `{"displayName":"Third"}`), set("users", userID(4), `{"accountEnabled":false}`),
		Mutation{Path: "users", ID: userID(5), Remove: true}, Mutation{Path: "users", ID: userID(6), Purge: true}, set("users", userID(900), `{"displayName":"New","userPrincipalName":"new@contoso.com"}`),
	); err != nil {
		t.Fatal(err)
	}
	changes, link, _ := r.round(t, token, link)
	want := []map[string]any{
		{"id": userID(3), "displayName": "Third"}, {"id": userID(5), "@removed": map[string]any{"reason": "changed"}},
		{"id": userID(6), "@removed": map[string]any{"reason": "deleted"}}, {"id": userID(900), "displayName": "New"},
	}
	if d := cmp.Diff(want, changes); d != "" {
		t.Error(d)
	}
	if changes, _, _ = r.round(t, token, link); len(changes) != 0 {
		t.Errorf("told again: %v", changes)
	}
	if ids, _ := r.readAll(t, token, "/v1.0/users"); len(ids) != 249 {
		t.Errorf("%d users are listed", len(ids))
	}
	if status, _ := r.page(t, token, "/v1.0/users/"+userID(5)); status != http.StatusNotFound {
		t.Errorf("the removed user: %d", status)
	}
	if _, body, _ := r.get(t, token, "/v1.0/users/$count", "ConsistencyLevel", "eventual"); string(body) != "249" {
		t.Errorf("count %s", body)
	}
}

func TestDeltaFromNowOn(t *testing.T) {
	for _, sparse := range []bool{false, true} {
		r, s := serve(t, Options{Tenant: sampleTenant(5), Delta: DeltaOptions{Sparse: sparse}})
		token := r.token(t)
		none, link, _ := r.round(t, token, "/v1.0/users/delta?$select=displayName,mail,userPrincipalName&$deltatoken=latest")
		if len(none) != 0 {
			t.Errorf("%d objects with latest", len(none))
		}
		if err := s.Mutate(set("users", userID(1), `{"mail":null,"displayName":"One"}`)); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{"id": userID(1), "displayName": "One", "mail": nil, "userPrincipalName": "user1@contoso.com"}
		if sparse {
			delete(want, "userPrincipalName")
		}
		changes, _, _ := r.round(t, token, link)
		if d := cmp.Diff([]map[string]any{want}, changes); d != "" {
			t.Errorf("sparse %t: %s", sparse, d)
		}
	}
}

// What the service does not track it does not tell.
func TestUntrackedProperties(t *testing.T) {
	r, s := serve(t, Options{Tenant: sampleTenant(5)})
	token := r.token(t)
	_, link, _ := r.round(t, token, "/v1.0/users/delta?$select=id,licenseAssignmentStates&$deltatoken=latest")
	if err := s.Mutate(set("users", userID(1), `{"licenseAssignmentStates":[]}`)); err != nil {
		t.Fatal(err)
	}
	if changes, _, _ := r.round(t, token, link); len(changes) != 0 {
		t.Errorf("told: %v", changes)
	}
}

func TestDeltaPages(t *testing.T) {
	r, s := serve(t, Options{Tenant: sampleTenant(30), Delta: DeltaOptions{Replays: 2, Repeated: true}})
	token := r.token(t)
	all, _, pages := r.round(t, token, "/v1.0/users/delta?$select=id", "Prefer", "odata.maxpagesize=10")
	if len(all) != 32 || pages != 3 {
		t.Errorf("%d objects in %d pages; each page but the first repeats one", len(all), pages)
	}
	_, link, _ := r.round(t, token, "/v1.0/users/delta?$select=displayName&$deltatoken=latest")
	for i := range 12 {
		if err := s.Mutate(set("users", userID(10+i), `{"displayName":"y"}`)); err != nil {
			t.Fatal(err)
		}
	}
	changes, _, pages := r.round(t, token, link, "Prefer", "odata.maxpagesize=10")
	seen := map[any]int{}
	for _, c := range changes {
		seen[c["id"]]++
	}
	if len(seen) != 14 || pages != 2 || len(changes) != 15 {
		t.Errorf("%d different of %d objects in %d pages; two were not changed, one is repeated", len(seen), len(changes), pages)
	}
}

// What changes while pages are being read is told in the next round at the latest.
func TestChangesDuringARound(t *testing.T) {
	r, s := serve(t, Options{Tenant: sampleTenant(150)})
	token := r.token(t)
	_, body, _ := r.get(t, token, "/v1.0/users/delta?$select=displayName")
	var first deltaPage
	if err := json.Unmarshal(body, &first); err != nil {
		t.Fatal(err)
	}
	if err := s.Mutate(set("users", userID(2), `{"displayName":"late"}`), Mutation{Path: "users", ID: userID(140), Remove: true}, set("users", userID(700), `{"displayName":"added"}`)); err != nil {
		t.Fatal(err)
	}
	rest, link, _ := r.round(t, token, first.Next)
	if len(rest) != 50 { // 49 and the added one
		t.Errorf("%d on the rest of the pages", len(rest))
	}
	changes, _, _ := r.round(t, token, link)
	if len(changes) != 3 {
		t.Errorf("changes %v", changes)
	}
}

func TestDeltaLinksExpire(t *testing.T) {
	var c clock
	r, s := serve(t, Options{Tenant: wideTenant(), Now: c.now, TokenLifetime: 1000 * time.Hour})
	token := r.token(t)
	gone := func(link string) bool {
		status, p := r.page(t, token, link)
		return status == http.StatusGone && p.Error != nil && p.Error.Code == "resyncRequired"
	}
	_, link, _ := r.round(t, token, "/v1.0/groups/delta")
	c.advance(6 * 24 * time.Hour)
	if gone(link) {
		t.Error("gone after six days")
	}
	_, fresh, _ := r.round(t, token, link)
	c.advance(25 * time.Hour)
	if !gone(link) || gone(fresh) {
		t.Error("after more than seven days the link must be gone, and the later one must not")
	}
	s.ExpireDeltaLinks()
	if !gone(fresh) {
		t.Error("not gone at once")
	}
	if _, link, _ = r.round(t, token, "/v1.0/groups/delta"); gone(link) {
		t.Error("a new link is gone")
	}
}

func TestDeltaRefusals(t *testing.T) {
	r, _ := serve(t, Options{Tenant: wideTenant(), Faults: []Fault{{Path: "contacts/delta", Kind: Gone}}})
	token := r.token(t)
	_, link, _ := r.round(t, token, "/v1.0/users/delta")
	for path, want := range map[string]int{
		"/v1.0/users/delta?$top=5": 400, "/v1.0/users/delta?$expand=manager": 400, "/v1.0/users/delta?$deltatoken=made-up": 400, "/v1.0/users/delta?$select=shoeSize": 400,
		strings.Replace(link, "/users/", "/groups/", 1): 400, "/v1.0/contacts/delta": 410, "/v1.0/domains/delta": 404,
	} {
		if status, _ := r.page(t, token, path); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
}

func TestMutationsThatCannotBe(t *testing.T) {
	tenant := sampleTenant(3)
	_, s := serve(t, Options{Tenant: tenant})
	for _, m := range []Mutation{
		{}, {Path: "users", ID: userID(1)}, {Path: "users", ID: "nobody", Remove: true}, set("users", userID(1), `{`), {Path: "users", ID: userID(1), Set: json.RawMessage(`{}`), Remove: true},
	} {
		if err := s.Mutate(m); err == nil {
			t.Errorf("%+v was made", m)
		}
	}
	if err := s.Mutate(Mutation{Path: "users", ID: userID(1), Remove: true}); err != nil || tenant.Collections[0].Objects[1] == nil {
		t.Errorf("%v, and the caller's objects must stay", err)
	}
}

func TestMutateBesideReaders(t *testing.T) {
	r, s := serve(t, Options{Tenant: sampleTenant(300)})
	token := r.token(t)
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := range 200 {
			if err := s.Mutate(set("users", userID(i), `{"displayName":"changed"}`), set("users", userID(1000+i), `{"displayName":"new"}`)); err != nil {
				t.Error(err)
			}
		}
	})
	_, link, _ := r.round(t, token, "/v1.0/users/delta?$select=displayName")
	r.readAll(t, token, "/v1.0/users")
	writing.Wait()
	seen := map[any]bool{}
	changes, _, _ := r.round(t, token, link)
	for _, c := range changes {
		seen[c["id"]] = true
	}
	if ids, _ := r.readAll(t, token, "/v1.0/users"); len(ids) != 500 {
		t.Errorf("%d users after all", len(ids))
	}
}
