"""Azure Resource Manager's verbs, once, for every resource type. Knows no resource."""
