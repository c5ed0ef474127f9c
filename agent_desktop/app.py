from fastapi import FastAPI

from agent_desktop import board, customers, desk, session, tickets


def create_app() -> FastAPI:
    app = FastAPI(title="hotline95598 desktop", version="1", openapi_url="/openapi.json")
    for story in (session, desk, tickets, customers, board):
        app.include_router(story.router, prefix="/api/v1")
    return app
