/** The pages, who may open them, and what they share: theme, session, phone. */
import { App as AntApp, ConfigProvider, Result, Spin } from "antd";
import zhCN from "antd/locale/zh_CN";
import { lazy, type ReactNode, Suspense, useLayoutEffect, useState } from "react";
import { BrowserRouter, Navigate, Outlet, Route, Routes, useLocation } from "react-router";
import { pagesOf, useMe } from "./api/session";
import { LoginPage } from "./login/LoginPage";
import { PhoneProvider } from "./phone/PhoneProvider";
import { ModeContext } from "./shared/mode";
import { type Mode, preferredMode, rememberMode, themes } from "./theme";

const DeskPage = lazy(() => import("./desk/DeskPage"));
const BoardPage = lazy(() => import("./board/BoardPage"));

export function App() {
  const [chosen, setChosen] = useState<Mode>(preferredMode);
  return (
    <BrowserRouter>
      <Themed chosen={chosen}>
        <ModeContext
          value={{
            mode: chosen,
            toggle: () => {
              const next = chosen === "light" ? "dark" : "light";
              rememberMode(next);
              setChosen(next);
            },
          }}
        >
          <Routes>
            <Route path="/login" element={<LoginPage />} />
            <Route element={<Private />}>
              <Route path="/desk" element={<DeskPage />} />
              <Route path="/board" element={<BoardPage />} />
              <Route path="*" element={null} />
            </Route>
          </Routes>
        </ModeContext>
      </Themed>
    </BrowserRouter>
  );
}

/** The board hangs on a wall and is dark whatever the desk prefers. */
function Themed({ chosen, children }: { chosen: Mode; children: ReactNode }) {
  const mode = useLocation().pathname === "/board" ? "dark" : chosen;
  useLayoutEffect(() => {
    document.documentElement.dataset.mode = mode;
    document.documentElement.style.colorScheme = mode;
  }, [mode]);
  return (
    <ConfigProvider locale={zhCN} theme={themes[mode]} button={{ autoInsertSpace: false }}>
      <AntApp style={{ height: "100%" }} message={{ top: 56, maxCount: 2 }}>
        {children}
      </AntApp>
    </ConfigProvider>
  );
}

/** One phone for all pages of a person, so that changing the page does not end a call. */
function Private() {
  const me = useMe();
  const { pathname } = useLocation();
  if (me.isPending) return <Spin fullscreen description="正在载入" />;
  if (!me.data) return <Navigate to="/login" replace />;
  const pages = pagesOf(me.data);
  const home = pages[0];
  if (!home) return <Result status="info" title="您的角色还没有可用的页面" subTitle="请联系系统管理员" />;
  if (!pages.includes(pathname)) return <Navigate to={home} replace />;
  return (
    <PhoneProvider key={me.data.staff.staff_no} me={me.data}>
      <Suspense fallback={<Spin fullscreen description="正在载入" />}>
        <Outlet />
      </Suspense>
    </PhoneProvider>
  );
}
