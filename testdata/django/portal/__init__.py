"""An open-data portal in miniature: what Django itself does with cookies, and trackers besides."""
