"""The screens: the wall, a name's detail, the feeds in full, a headline, the help."""
