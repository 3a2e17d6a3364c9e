"""Our adapters tried against stand-ins that others wrote: they read the platform's pages without us."""
