"""Built-in pairs of names whose two languages share no letters, to avoid false findings (N3, N5).

ZTE is not included: the glossary has it or the editor is asked. AI is the one acronym that Chinese texts use
unchanged, and it also matches 人工智慧.
"""

from briefs.checks.context import TermData

_TABLE = """
US, USA = 美
UN = 聯合國, 安理會
EU = 歐盟, 歐洲聯盟
UK = 英
UAE = 阿聯, 阿拉伯聯合大公國
USSR = 蘇聯
PRC = 中國, 中華人民共和國, 大陸, 美中, 中美, 中共
ROC = 中華民國, 台灣, 臺灣
ROK = 韓
DPRK = 北韓
CCP, CPC = 中共, 共產黨, 黨
PLA = 解放軍, 共軍
KMT = 國民黨
DPP = 民進黨
TPP = 民眾黨, 跨太平洋
NATO = 北約, 北大西洋公約
ASEAN = 東協, 東南亞國家協會
APEC = 亞太經合, 亞太經濟合作
OECD = 經合組織, 經濟合作
OPEC = 石油輸出國
WTO = 世貿, 世界貿易
WHO = 世衛, 世界衛生
IMF = 國際貨幣
IAEA = 國際原子能
GDP = 國內生產毛額, 國內生產總值
NGO = 非政府
CEO = 執行長
R&D = 研發, 研究與發展, 研究發展
CIA = 中情局, 中央情報局
FBI = 聯邦調查局
NASA = 太空總署
DC = 華盛頓, 華府
GPS = 全球定位
LNG = 液化天然氣
ICBM = 洲際彈道
TSMC = 台積電, 臺積電
AUKUS = 澳英美
USMCA = 美墨加
TV = 電視
IT = 資訊
PC = 電腦
AI, artificial intelligence = 人工智慧, AI
G7, Group of Seven = 七大工業國, 七國
G20, Group of Twenty = 二十國, 20國
COVID-19, COVID = 新冠, 武漢肺炎
CHIPS = 晶片法, 晶片與科學法, 晶片及科學法, 晶片與科學
12th Five-Year Plan, 12th Five Year Plan = 十二五
13th Five-Year Plan, 13th Five Year Plan = 十三五
14th Five-Year Plan, 14th Five Year Plan = 十四五
15th Five-Year Plan, 15th Five Year Plan = 十五五
1992 Consensus = 九二共識
20th Party Congress, 20th National Congress = 二十大
19th Party Congress, 19th National Congress = 十九大
9/11, September 11, Sept. 11 = 九一一, 911
1989, June 4, June 4th = 六四, 天安門
24/7 = 全天候, 全年無休
"""


def _parse_table(table: str) -> tuple[TermData, ...]:
    rows = (line.split(" = ") for line in table.strip().splitlines())
    return tuple(TermData(also_en=tuple(en.split(", ")), also_zh=tuple(zh.split(", "))) for en, zh in rows)


BUILT_IN_TERMS = _parse_table(_TABLE)

# Letters of a series, and the Chinese characters written before the number. A character that is also an
# ordinary word (載運20名) counts only with a hyphen.
DESIGNATION_PATTERNS = {
    "J": "殲-?",
    "H": "轟-?",
    "Y": "運-",
    "Z": "直-",
    "DF": "東風-?",
    "JL": "巨浪-?",
    "HQ": "紅旗-?",
    "YJ": "鷹擊-?",
    "WZ": "無偵-?",
    "GJ": "攻擊-",
    "CJ": "長劍-?",
    "Su": "蘇(?:愷|霍伊)?-",
    "Tu": "圖-",
    "MiG": "米格-?",
    "HF": "雄風-",
    "CZ": "長征-",
}
