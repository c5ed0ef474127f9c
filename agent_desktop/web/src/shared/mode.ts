import { createContext } from "react";
import type { Mode } from "../theme";

/** Light or dark, as the person chose. */
export const ModeContext = createContext<{ mode: Mode; toggle: () => void }>({ mode: "light", toggle: () => {} });
