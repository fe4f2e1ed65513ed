/* "Chrome · Windows" from a user agent; empty when it says nothing we know. */
const BROWSERS: [RegExp, string][] = [
  [/MicroMessenger/, "微信"], [/DingTalk/, "钉钉"], [/Feishu|Lark/, "飞书"], [/Edg\w*\//, "Edge"], [/Firefox\//, "Firefox"],
  [/OPR\//, "Opera"], [/Chrome\//, "Chrome"], [/Safari\//, "Safari"], [/curl\//, "curl"], [/python/i, "Python"],
];
const SYSTEMS: [RegExp, string][] = [
  [/HarmonyOS|OpenHarmony/, "HarmonyOS"], [/Android/, "Android"], [/iPhone/, "iPhone"], [/iPad/, "iPad"], [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"], [/Linux/, "Linux"],
];

export function deviceOf(agent: string): string {
  const find = (table: [RegExp, string][]) => table.find(([mark]) => mark.test(agent))?.[1];
  return [find(BROWSERS), find(SYSTEMS)].filter(Boolean).join(" · ");
}

export const isPhoneAgent = (agent: string) => /Android|iPhone|HarmonyOS|Mobile/.test(agent);
