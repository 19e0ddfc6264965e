"""One search for the defects of one event."""
