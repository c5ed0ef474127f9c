/** The same person opened the page in another window; only one of them works. */
import { Button, Modal } from "antd";
import { useEffect } from "react";
import type { Live, LiveState } from "../live";
import { usePhone } from "../phone/PhoneProvider";

export function Elsewhere({ live, state }: { live: Live; state: LiveState }) {
  const { softphone } = usePhone();
  const elsewhere = state.at === "elsewhere";
  useEffect(() => {
    if (elsewhere) softphone?.stop();
  }, [elsewhere, softphone]);
  return (
    <Modal
      open={elsewhere}
      closable={false}
      title="页面已在别处打开"
      footer={
        <Button
          type="primary"
          onClick={() => {
            softphone?.start();
            live.start();
          }}
        >
          在这里继续
        </Button>
      }
    >
      同一工号只能在一个窗口工作。话机已转到新打开的窗口。
    </Modal>
  );
}
