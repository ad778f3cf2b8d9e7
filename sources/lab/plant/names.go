package plant

// name is a part of a personal name as displayed, and as it stands in addresses.
type name struct{ shown, ascii string }

// place is where people work: an organizational unit below the domain.
type place struct{ ou, city, country, land string }

func japanesePlaces() []place {
	return []place{{"Tokyo", "東京", "JP", "Japan"}, {"Osaka", "大阪", "JP", "Japan"}, {"札幌", "札幌", "JP", "Japan"}}
}

func westernPlaces() []place {
	return []place{{"London", "London", "GB", "United Kingdom"}, {"Seattle", "Seattle", "US", "United States"}}
}

func japaneseGiven() []name {
	return []name{
		{"太郎", "taro"}, {"花子", "hanako"}, {"一郎", "ichiro"}, {"美咲", "misaki"}, {"健太", "kenta"}, {"さくら", "sakura"}, {"大輔", "daisuke"},
		{"陽子", "yoko"}, {"翔", "sho"}, {"結衣", "yui"}, {"直樹", "naoki"}, {"恵", "megumi"}, {"純", "jun"}, {"亮", "ryo"}, {"葵", "aoi"}, {"蓮", "ren"},
		{"悠斗", "yuto"}, {"陽菜", "hina"}, {"拓也", "takuya"}, {"真由美", "mayumi"}, {"誠", "makoto"}, {"由美子", "yumiko"}, {"隆", "takashi"}, {"京子", "kyoko"},
		{"哲也", "tetsuya"}, {"智子", "tomoko"}, {"浩二", "koji"}, {"香織", "kaori"}, {"俊介", "shunsuke"}, {"千夏", "chinatsu"}, {"かずひろ", "kazuhiro"},
	}
}

func japaneseSurnames() []name {
	return []name{
		{"佐藤", "sato"}, {"鈴木", "suzuki"}, {"高橋", "takahashi"}, {"田中", "tanaka"}, {"伊藤", "ito"}, {"渡邊", "watanabe"}, {"山本", "yamamoto"},
		{"中村", "nakamura"}, {"小林", "kobayashi"}, {"加藤", "kato"}, {"𠮷田", "yoshida"}, {"山﨑", "yamazaki"}, {"髙木", "takagi"}, {"齋藤", "saito"},
		{"森", "mori"}, {"池田", "ikeda"}, {"橋本", "hashimoto"}, {"阿部", "abe"}, {"石川", "ishikawa"}, {"前田", "maeda"}, {"藤田", "fujita"},
		{"後藤", "goto"}, {"岡田", "okada"}, {"長谷川", "hasegawa"}, {"村上", "murakami"}, {"近藤", "kondo"}, {"石井", "ishii"}, {"坂本", "sakamoto"},
		{"遠藤", "endo"}, {"青木", "aoki"}, {"藤井", "fujii"}, {"西村", "nishimura"}, {"福田", "fukuda"}, {"太田", "ota"}, {"三浦", "miura"},
		{"岡本", "okamoto"}, {"松田", "matsuda"}, {"中川", "nakagawa"}, {"中野", "nakano"}, {"原田", "harada"}, {"小野", "ono"}, {"田村", "tamura"}, {"竹内", "takeuchi"},
	}
}

func westernGiven() []name {
	return []name{
		{"James", "james"}, {"Mary", "mary"}, {"Wei", "wei"}, {"Olga", "olga"}, {"José", "jose"}, {"Zoë", "zoe"}, {"Søren", "soren"}, {"Anna", "anna"},
		{"Ali", "ali"}, {"Priya", "priya"}, {"Marc", "marc"}, {"Chloé", "chloe"}, {"Ivan", "ivan"}, {"Noor", "noor"}, {"Liam", "liam"}, {"Eve", "eve"},
		{"Håkan", "hakan"}, {"Łukasz", "lukasz"}, {"Fatima", "fatima"}, {"Diego", "diego"}, {"Ingrid", "ingrid"}, {"Pedro", "pedro"}, {"Amélie", "amelie"},
		{"Björn", "bjorn"}, {"Chiara", "chiara"}, {"Dmitri", "dmitri"}, {"Elif", "elif"}, {"Finn", "finn"}, {"Greta", "greta"}, {"Hugo", "hugo"}, {"Inês", "ines"},
	}
}

func westernSurnames() []name {
	return []name{
		{"Smith", "smith"}, {"O'Brien", "obrien"}, {"García", "garcia"}, {"Müller", "muller"}, {"Nguyen", "nguyen"}, {"Novák", "novak"}, {"Rossi", "rossi"},
		{"Dubois", "dubois"}, {"Kowalski", "kowalski"}, {"Jensen", "jensen"}, {"Silva", "silva"}, {"Khan", "khan"}, {"van der Berg", "vanderberg"},
		{"Lindström", "lindstrom"}, {"Brown", "brown"}, {"Lee", "lee"}, {"D'Angelo", "dangelo"}, {"Öztürk", "ozturk"}, {"Petrov", "petrov"}, {"Haddad", "haddad"},
		{"Schäfer", "schafer"}, {"Moreau", "moreau"}, {"Costa", "costa"}, {"Andersson", "andersson"}, {"Walsh", "walsh"}, {"Popescu", "popescu"},
		{"Fernández", "fernandez"}, {"Kaya", "kaya"}, {"Nowak", "nowak"}, {"Park", "park"}, {"Sharma", "sharma"}, {"Ó Súilleabháin", "osuilleabhain"},
		{"Taylor", "taylor"}, {"Weber", "weber"}, {"Jones", "jones"}, {"Bianchi", "bianchi"}, {"Eriksen", "eriksen"},
	}
}

// identity is who a person is: nothing in it depends on how the account is set up.
type identity struct {
	given, surname string
	shown          string // displayName
	cn             string // unique in its container
	local          string // name part of addresses, unique in the organisation
	sam            string // sAMAccountName, at most 20 characters, unique
	place          place
	japanese       bool
}

// roster gives the identity of the person at any position.
type roster struct {
	seed                   int64
	jpGiven, jpSurnames    []name
	wGiven, wSurnames      []name
	jpPlaces, westPlaces   []place
	jpOrder, westernOrder  permutation
	japaneseOf, peopleEach int
}

func newRoster(seed int64) *roster {
	r := &roster{
		seed: seed, jpGiven: japaneseGiven(), jpSurnames: japaneseSurnames(), wGiven: westernGiven(), wSurnames: westernSurnames(),
		jpPlaces: japanesePlaces(), westPlaces: westernPlaces(), japaneseOf: 3, peopleEach: 5,
	}
	r.jpOrder = newPermutation(seed, len(r.jpGiven)*len(r.jpSurnames))
	r.westernOrder = newPermutation(seed+1, len(r.wGiven)*len(r.wSurnames))
	return r
}

// person gives the identity at a position. Three of five people have Japanese names. When all combinations of names are used up they begin again with a
// number behind them.
func (r *roster) person(at int) identity {
	block, rest := at/r.peopleEach, at%r.peopleEach
	h := mix(r.seed, uint64(at), saltOther) //nolint:gosec // a position
	if rest < r.japaneseOf {
		n := block*r.japaneseOf + rest
		combination := r.jpOrder.at(n % r.jpOrder.size)
		given, surname := r.jpGiven[combination%len(r.jpGiven)], r.jpSurnames[combination/len(r.jpGiven)]
		id := identity{given: given.shown, surname: surname.shown, shown: surname.shown + " " + given.shown, japanese: true, place: r.jpPlaces[h%uint64(len(r.jpPlaces))]}
		return id.numbered(given.ascii+"."+surname.ascii, n/r.jpOrder.size, at)
	}
	n := block*(r.peopleEach-r.japaneseOf) + rest - r.japaneseOf
	combination := r.westernOrder.at(n % r.westernOrder.size)
	given, surname := r.wGiven[combination%len(r.wGiven)], r.wSurnames[combination/len(r.wGiven)]
	id := identity{given: given.shown, surname: surname.shown, shown: given.shown + " " + surname.shown, place: r.westPlaces[h%uint64(len(r.westPlaces))]}
	return id.numbered(given.ascii+"."+surname.ascii, n/r.westernOrder.size, at)
}
