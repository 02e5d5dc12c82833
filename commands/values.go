package commands

import "topicpilot/topics"

// requestRoots are the names that a request's templates may use.
func requestRoots(args []string) roots {
	return roots{
		"Customer": {"ID", "Name", "FirstName", "LastName", "Username", "Phone", "Language"},
		"Topic":    {"GroupID", "ID", "Title", "Status"},
		"Operator": {"ID", "Name", "Username"},
		"Args":     append([]string{}, args...),
		"Account":  {},
	}
}

// answerRoots are those of a template that shows what came back.
func answerRoots(args []string) roots {
	r := requestRoots(args)
	r["Response"] = nil
	return r
}

// templateValues are the values of templates. account are the ids of the linked
// accounts; clean makes what the customer chose fit for one line of a message.
func templateValues(req SectionRequest, account []string, clean bool) map[string]any {
	own := func(s string) any { return s }
	if clean {
		own = func(s string) any { return cleanField(s) }
	}
	values := map[string]any{
		"Topic": map[string]any{
			"GroupID": req.Conversation.ChatID,
			"ID":      req.Conversation.ThreadID,
			"Title":   own(req.Info.Title),
			"Status":  own(req.Info.Status),
		},
		"Operator": map[string]any{
			"ID":       req.By.ID,
			"Name":     own(req.By.Name),
			"Username": own(req.By.Username),
		},
		"Args":    argValues(req.Args),
		"Account": account,
	}
	if req.Customer != nil {
		values["Customer"] = customerValues(*req.Customer, own)
	}
	return values
}

func customerValues(c topics.Customer, own func(string) any) map[string]any {
	return map[string]any{
		"ID":        c.ID,
		"Name":      own(c.Name),
		"FirstName": own(c.FirstName),
		"LastName":  own(c.LastName),
		"Username":  own(c.Username),
		"Phone":     own(c.Phone),
		"Language":  own(c.Language),
	}
}

func argValues(args map[string]string) map[string]any {
	values := make(map[string]any, len(args))
	for name, value := range args {
		values[name] = value
	}
	return values
}
