"""The commands by family, each importing what it needs when it runs: the options need click alone."""
