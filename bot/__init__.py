"""The Discord front end: takes commands, and keeps each reply true to its job."""
