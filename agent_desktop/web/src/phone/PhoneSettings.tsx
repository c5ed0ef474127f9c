/** Which microphone, and what the browser does to its sound. Takes effect with the next call. */
import { Checkbox, Select } from "antd";
import { useEffect, useState } from "react";
import { type AudioSettings, audioSettings, rememberAudio } from "./audioSettings";

const processing = [
  ["echoCancellation", "回声消除"],
  ["noiseSuppression", "降噪"],
  ["autoGainControl", "自动音量"],
] as const;

export function PhoneSettings() {
  const [settings, setSettings] = useState(audioSettings);
  const [microphones, setMicrophones] = useState<MediaDeviceInfo[]>([]);

  useEffect(() => {
    void navigator.mediaDevices
      ?.enumerateDevices()
      .then((devices) =>
        setMicrophones(devices.filter(({ kind, deviceId }) => kind === "audioinput" && deviceId !== "")),
      );
  }, []);

  const change = (part: Partial<AudioSettings>) => {
    const next = { ...settings, ...part };
    setSettings(next);
    rememberAudio(next);
  };

  return (
    <div className="phone-settings">
      <Select
        value={settings.deviceId ?? ""}
        onChange={(deviceId) => change({ deviceId: deviceId || null })}
        options={[
          { value: "", label: "系统默认麦克风" },
          ...microphones.map(({ deviceId, label }) => ({ value: deviceId, label: label || "麦克风" })),
        ]}
      />
      {processing.map(([key, label]) => (
        <Checkbox key={key} checked={settings[key]} onChange={({ target }) => change({ [key]: target.checked })}>
          {label}
        </Checkbox>
      ))}
      <span className="muted small">从下一通来电起生效</span>
    </div>
  );
}
