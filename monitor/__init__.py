"""The engine: it owns every task, the configuration, the store, and the commands without a screen."""
