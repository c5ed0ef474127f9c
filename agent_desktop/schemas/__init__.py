"""Shapes on the wire of the desktop; `web/openapi.json` and the TypeScript types of the page come from them."""
