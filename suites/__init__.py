"""The built-in suites: pytest modules that the plugin collects for a target."""
