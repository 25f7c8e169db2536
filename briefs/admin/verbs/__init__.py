"""Acts at their addresses: `verb_views` does them, `act_forms` asks for what some of them need."""
