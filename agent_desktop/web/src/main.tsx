import { notifyManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import "./theme.css";

dayjs.locale("zh-cn");
// The pop must be on the screen in the frame after its message: no timer between the cache and React.
notifyManager.setScheduler(queueMicrotask);

const client = new QueryClient({ defaultOptions: { queries: { refetchOnWindowFocus: false } } });
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>,
  );
}
