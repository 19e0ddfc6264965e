"""One event set off many times: what grows, what is paid for each time, what is left behind."""
