"""Live sources: what each is asked, politely; what it sent, kept as received; and what its payloads say, as rows."""
