"""Pages for recipients: no login, no cookie, no JavaScript, and no GET that changes anything."""
