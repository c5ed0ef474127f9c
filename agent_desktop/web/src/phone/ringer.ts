/** The bell: two soft tones by WebAudio and a desktop notification while the page is in the background. */
const TONES_HZ = [659, 523] as const;
const EVERY_MS = 2000;
const LOUDNESS = 0.12;

export class Ringer {
  private context: AudioContext | null = null;
  private timer: number | undefined;
  private notification: Notification | null = null;

  start(caller: string): void {
    if (this.timer !== undefined) return;
    this.chime();
    this.timer = window.setInterval(() => this.chime(), EVERY_MS);
    if (document.hidden && "Notification" in window && Notification.permission === "granted") {
      this.notification = new Notification("95598 来电", { body: caller, tag: "call", requireInteraction: true });
      this.notification.onclick = () => window.focus();
    }
  }

  stop(): void {
    window.clearInterval(this.timer);
    this.timer = undefined;
    this.notification?.close();
    this.notification = null;
  }

  private chime(): void {
    this.context ??= new AudioContext();
    const { context } = this;
    void context.resume();
    for (const [index, hz] of TONES_HZ.entries()) {
      const at = context.currentTime + index * 0.28;
      const gain = new GainNode(context, { gain: 0 });
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.001, at + 0.6);
      const tone = new OscillatorNode(context, { frequency: hz });
      tone.connect(gain).connect(context.destination);
      tone.start(at);
      tone.stop(at + 0.65);
    }
  }
}

/** Browsers want a click or key press before they ask; the first change of state is one. */
export function askForNotifications(): void {
  if ("Notification" in window && Notification.permission === "default") void Notification.requestPermission();
}
