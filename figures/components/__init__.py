"""Components that draw in the browser themselves."""
