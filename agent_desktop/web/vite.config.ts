import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds the desktop server; the built page is served by that server itself. */
const server = process.env.HOTLINE_DESKTOP_URL ?? "http://127.0.0.1:18080";

export default defineConfig({
  plugins: [react()],
  build: { target: "es2022", chunkSizeWarningLimit: 1200 },
  server: {
    proxy: {
      "/api": server,
      "/ws": { target: server, ws: true },
      "/sip": { target: server, ws: true },
    },
  },
  test: { environment: "happy-dom" },
});
