package plant

// department gives one of a few departments; Japanese people have Japanese ones.
func department(detail uint64, japanese bool) string {
	if japanese {
		return []string{"営業部", "開発部", "人事部", "総務部", "経理部", "情報システム部"}[detail>>52%6]
	}
	return []string{"Sales", "R&D", "Human Resources", "Finance, EMEA", "IT", `"Special" Projects`}[detail>>52%6]
}

func title(detail uint64, japanese bool) string {
	if japanese {
		return []string{"部長", "課長", "主任", "", "", "担当"}[detail>>55%6]
	}
	return []string{"Director", "Manager", "Engineer", "", "Analyst", "Assistant"}[detail>>55%6]
}
