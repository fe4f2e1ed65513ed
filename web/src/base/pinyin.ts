/*
 * How a Chinese text is typed: the syllables of its characters. No dictionary is loaded: the
 * browser's own collation orders characters by sound, so the first character of each syllable is
 * all there is to know (right for 99 in 100 of the usual ones; SOUNDS_TOO has those with two).
 */
const HEADS =
  "吖哎安肮凹丷紦扳邦勹卑奔獖屄边灬憋汃氞癶峬嚓偲参仓撡艹嵾曽叉芆辿伥蟐车抻阷吃充抽出歘揣巛刅吹旾逴呲匆凑粗汆崔乼" +
  "搓咑呆丹当刀嘚扥灯氐嗲敁刁爹丁丟东吺厾耑垖吨多妸诶奀鞥儿发帆匚飞分丰覅紑夫旮侅甘冈皋戈给根刯工勾估瓜乖关光欟丨" +
  "呙哈咍佄夯茠诃黒拫亨噷齁乎花怀欢巟灰昏吙丌加戋橺艽鵤巾坕燝丩凥爠噘军咔开刊忼尻匼肎劥空抠扝夸蒯宽匡亏鑎尡垃来兰" +
  "啷唥仂勒崚哩俩奁良煷毟拎伶瀮囖瞜噜慮掠擽啰呣妈埋嫚牤猫嚒嚜椚擝咪宀喵乜民名谬摸哞毪拏腉囡囔孬疒娞恁能嗯妮拈娘鸟" +
  "捏囜宁妞农羺譳女疟黁喔讴妑拍眅乓抛呸喷匉丕囨剽氕姘乒钋剖仆巬掐千呛悄苆亲靑卭丘区迲炔夋呥穣娆惹人扔日戎厹邚挼堧" +
  "婑瞤捼仨虄三橵掻閪森僧杀繌山伤弰奢谁申升尸収书刷衰闩双脽吮说厶忪凁苏狻夊孙唆他囼粏賧夲忑熥剔天旫螩厅囲偷綉湍推" +
  "吞畽屲歪弯尢危煀呚挝乌錻呷仙乡灱恷心星裄休吁吅削坃丫恹央羪鑰一囙应哟佣优蒏囦曰晕繧災兂匨傮则伬怎譛扎夈枬张佋蜇" +
  "贞凧之徔州朱抓跩专妆隹宒拙乲宗邹租钻厜穝嘬";
const SOUNDS = (
  "a ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu ca cai can cang " +
  "cao ce cen ceng cha chai chan chang chao che chen cheng chi chong chou chu chua chuai chuan " +
  "chuang chui chun chuo ci cong cou cu cuan cui cun cuo da dai dan dang dao de den deng di dia " +
  "dian diao die ding diu dong dou du duan dui dun duo e ei en eng er fa fan fang fei fen feng fo " +
  "fou fu ga gai gan gang gao ge gei gen geng gong gou gu gua guai guan guang gui gun guo ha hai " +
  "han hang hao he hei hen heng hong hou hu hua huai huan huang hui hun huo ji jia jian jiang jiao " +
  "jie jin jing jiong jiu ju juan jue jun ka kai kan kang kao ke ken keng kong kou ku kua kuai kuan " +
  "kuang kui kun kuo la lai lan lang lao le lei leng li lia lian liang liao lie lin ling liu long " +
  "lou lu luan lue lun luo m ma mai man mang mao me mei men meng mi mian miao mie min ming miu mo " +
  "mou mu na nai nan nang nao ne nei nen neng ng ni nian niang niao nie nin ning niu nong nou nu " +
  "nuan nue nuo o ou pa pai pan pang pao pei pen peng pi pian piao pie pin ping po pou pu qi qia " +
  "qian qiang qiao qie qin qing qiong qiu qu quan que qun ran rang rao re ren reng ri rong rou ru " +
  "rua ruan rui run ruo sa sai san sang sao se sen seng sha shai shan shang shao she shei shen " +
  "sheng shi shou shu shua shuai shuan shuang shui shun shuo si song sou su suan sui sun suo ta tai " +
  "tan tang tao te teng ti tian tiao tie ting tong tou tu tuan tui tun tuo wa wai wan wang wei wen " +
  "weng wo wu xi xia xian xiang xiao xie xin xing xiong xiu xu xuan xue xun ya yan yang yao ye yi " +
  "yin ying yo yong you yu yuan yue yun za zai zan zang zao ze zei zen zeng zha zhai zhan zhang " +
  "zhao zhe zhen zheng zhi zhong zhou zhu zhua zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu " +
  "zuan zui zun zuo"
).split(" ");

const SOUNDS_TOO: Record<string, string> = {
  行: "hang", 重: "chong", 长: "chang", 调: "tiao", 还: "huan", 会: "kuai", 率: "lv shuai", 参: "can shen", 都: "du", 得: "dei",
  了: "liao", 数: "shuo", 差: "chai", 传: "zhuan", 朝: "zhao", 地: "di", 降: "xiang", 角: "jue", 系: "ji", 校: "jiao", 弹: "dan",
  便: "pian", 藏: "zang", 卡: "qia", 落: "lao", 单: "shan", 省: "xing", 色: "shai", 盛: "cheng", 车: "ju", 乐: "yue", 女: "nv",
  律: "lv", 绿: "lv", 旅: "lv", 履: "lv", 虑: "lv", 滤: "lv", 吕: "lv", 铝: "lv", 簿: "bu", 削: "xiao", 称: "chen", 约: "yao", 仔: "zi",
};

const order = new Intl.Collator("zh-Hans-CN-u-co-pinyin");
const heads = [...HEADS];
const known = new Map<string, string[]>();

function soundsOf(char: string): string[] {
  let sounds = known.get(char);
  if (sounds) return sounds;
  let low = 0;
  let high = heads.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (order.compare(heads[middle]!, char) <= 0) low = middle;
    else high = middle - 1;
  }
  sounds = [SOUNDS[low]!, ...(SOUNDS_TOO[char]?.split(" ") ?? [])];
  known.set(char, sounds);
  return sounds;
}

const isHan = (char: string) => char >= "\u4e00" && char <= "\u9fa5";

/* A text as it is said: "VIP 客户" is "VIP  kehu "; blanks around what was Chinese. */
export const pinyinOf = (text: string): string =>
  text.replace(/[\u4e00-\u9fa5]+/g, (run) => ` ${[...run].map((char) => soundsOf(char)[0]).join("")} `);

/*
 * Does what was typed spell the text from one of its characters on: by initials (yjcje), in full
 * (yujichengjiaoe) or mixed? Its rank: 0 from the start, 1 from further on, null not at all.
 */
export function spells(text: string, typed: string): 0 | 1 | null {
  if (!/^[a-z]+$/i.test(typed)) return null;
  const wanted = typed.toLowerCase();
  const chars = [...text.toLowerCase()].filter((char) => isHan(char) || /[a-z0-9]/.test(char));
  if (!chars.some(isHan)) return null;
  for (let from = 0; from < chars.length; from += 1) {
    if (isHan(chars[from]!) && spellsFrom(chars, from, wanted)) return from === 0 ? 0 : 1;
  }
  return null;
}

/* All rests of the typed text that may still have to be spelled, character by character. */
function spellsFrom(chars: string[], from: number, typed: string): boolean {
  let rests = new Set([typed]);
  for (let i = from; i < chars.length && rests.size > 0; i += 1) {
    const next = new Set<string>();
    const sounds = isHan(chars[i]!) ? soundsOf(chars[i]!) : [chars[i]!];
    for (const rest of rests) {
      for (const sound of sounds) {
        if (sound.startsWith(rest)) return true;
        if (rest.startsWith(sound)) next.add(rest.slice(sound.length));
        if (rest[0] === sound[0]) next.add(rest.slice(1));
      }
    }
    if (next.has("")) return true;
    rests = next;
  }
  return false;
}
