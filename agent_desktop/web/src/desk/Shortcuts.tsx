import { Modal } from "antd";
import { shortcutHelp } from "./texts";

export function ShortcutList() {
  return (
    <>
      <div className="shortcut-help">
        {shortcutHelp.map(([group, rows]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {rows.map(([key, meaning]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p className="muted small">正在输入文字时，单个字母的快捷键请加 Alt，例如 Alt+M 静音。</p>
    </>
  );
}

export function Shortcuts({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Modal open={open} onCancel={onClose} footer={null} title="快捷键" width={620}>
      <ShortcutList />
    </Modal>
  );
}
