"""The application: its command line, its screen, and the writer to the terminal."""
