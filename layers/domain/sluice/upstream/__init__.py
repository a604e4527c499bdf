"""Reading other systems over HTTP: lists page by page, and lookups key by key, at a rate that all workers share."""
