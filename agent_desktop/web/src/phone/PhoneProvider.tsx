/** Gives the pages one softphone, its state and the state of the microphone. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { Me } from "../api/session";
import { audioSettings, constraints } from "./audioSettings";
import { Ringer } from "./ringer";
import { checkMicrophone, initialPhone, type Microphone, type PhoneState, Softphone } from "./softphone";

type Phone = { softphone: Softphone | null; state: PhoneState; microphone: Microphone | null };

const PhoneContext = createContext<Phone>({ softphone: null, state: initialPhone, microphone: null });

export const usePhone = (): Phone => useContext(PhoneContext);

const NEVER = () => () => {};
const microphoneConstraints = () => constraints(audioSettings());

export function PhoneProvider({ me, children }: { me: Me; children: ReactNode }) {
  const [microphone, setMicrophone] = useState<Microphone | null>(null);
  const account = me.softphone;
  const softphone = useMemo(
    () =>
      account &&
      new Softphone({
        uri: account.uri,
        password: account.password,
        websocketUrl: account.websocket_path,
        microphone: microphoneConstraints,
      }),
    [account],
  );
  const state = useSyncExternalStore(softphone?.subscribe ?? NEVER, softphone?.current ?? (() => initialPhone));

  useEffect(() => {
    if (!softphone) return;
    softphone.start();
    void checkMicrophone(microphoneConstraints()).then(setMicrophone);
    return () => softphone.stop();
  }, [softphone]);

  const [ringer] = useState(() => new Ringer());
  const ringing = state.call.at === "ringing";
  useEffect(() => {
    if (ringing) ringer.start("请按 Enter 接听");
    return () => ringer.stop();
  }, [ringing, ringer]);

  // Leaving the page ends the sound of a call, so the browser asks first.
  const busy = state.call.at !== "idle";
  useEffect(() => {
    if (!busy) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [busy]);

  const phone = useMemo(() => ({ softphone, state, microphone }), [softphone, state, microphone]);
  return <PhoneContext value={phone}>{children}</PhoneContext>;
}
