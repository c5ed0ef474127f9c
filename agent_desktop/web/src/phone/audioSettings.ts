/** Microphone and its processing, kept on the workstation: the headset belongs to the desk, not to the person. */
export type AudioSettings = {
  deviceId: string | null;
  echoCancellation: boolean;
  noiseSuppression: boolean;
  autoGainControl: boolean;
};

const STORAGE_KEY = "hotline.audio";
const DEFAULTS: AudioSettings = {
  deviceId: null,
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

export function audioSettings(): AudioSettings {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "{}") };
  } catch {
    return DEFAULTS;
  }
}

export function rememberAudio(settings: AudioSettings): void {
  localStorage.setItem(STORAGE_KEY, JSON.stringify(settings));
}

/** `ideal`, not `exact`: an unplugged headset falls back to another microphone instead of losing the call. */
export function constraints({ deviceId, ...processing }: AudioSettings): MediaTrackConstraints {
  return deviceId ? { ...processing, deviceId: { ideal: deviceId } } : processing;
}
