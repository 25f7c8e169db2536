"""Chinese and English words for the same names and things, used by `alignment` alone.

They only influence which points are paired, and only where their number or order leaves a doubt. A form in
small letters is the beginning of an English word; one in capitals is the whole word.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Names are nearly always translated: if the other language lacks one, the point may have no counterpart.
_NAMES = """
美國, 美方, 華府, 華盛頓, 白宮 = USA, united states, american, washington, white house
中國, 北京, 中共, 中方 = china, chinese, beijing, PRC, CCP
台灣, 臺灣, 台北, 臺北 = taiwan, taipei
日本, 東京 = japan, tokyo
南韓, 韓國, 首爾 = south korea, seoul, ROK
北韓, 平壤, 朝鮮 = north korea, pyongyang, DPRK
俄羅斯, 俄國, 俄軍, 莫斯科 = russia, moscow, kremlin
烏克蘭, 基輔 = ukrain, kyiv
印度, 新德里 = india, new delhi
巴基斯坦 = pakistan
菲律賓, 馬尼拉 = philippine, manila, filipino
越南, 河內 = vietnam, hanoi
印尼, 印度尼西亞, 雅加達 = indonesia, jakarta
馬來西亞 = malaysia
新加坡 = singapore
泰國, 曼谷 = thai, bangkok
緬甸 = myanmar, burma
柬埔寨 = cambodia
寮國 = lao
蒙古 = mongolia
澳洲, 坎培拉 = australia, canberra
紐西蘭 = new zealand
加拿大, 渥太華 = canad, ottawa
墨西哥 = mexic
巴西 = brazil
阿根廷 = argentin
智利 = chile
英國, 倫敦 = britain, british, united kingdom, UK, london
法國, 巴黎 = france, french, paris
德國, 柏林 = german, berlin
義大利 = ital
西班牙 = spain, spanish
荷蘭 = dutch, netherlands
比利時 = belgi
波蘭, 華沙 = poland, polish, warsaw
匈牙利 = hungar
捷克 = czech
立陶宛 = lithuania
瑞典 = swed
芬蘭 = finland, finnish
挪威 = norw
丹麥, 格陵蘭 = denmark, danish, greenland
瑞士 = switzerland, swiss
希臘 = greece, greek
土耳其 = turk
塞爾維亞 = serbia
以色列 = israel
伊朗, 德黑蘭 = iran, tehran
伊拉克 = iraq
敘利亞 = syria
沙烏地 = saudi, riyadh
卡達 = qatar
阿聯, 阿拉伯聯合大公國 = UAE, emirat
埃及 = egypt
加薩 = gaza
巴勒斯坦 = palestin
哈瑪斯 = hamas
黎巴嫩, 真主黨 = leban, hezbollah
葉門, 胡塞 = yemen, houthi
阿富汗, 塔利班 = afghan, taliban
哈薩克 = kazakh
南非 = south africa
奈及利亞 = nigeria
衣索比亞 = ethiopia
剛果 = congo
歐盟, 歐洲, 布魯塞爾 = EU, europe, brussels
北約 = NATO, north atlantic
聯合國 = UN, united nations
東協, 東南亞國協 = asean, southeast asian nations
世貿, 世界貿易組織 = WTO, world trade organization
世衛, 世界衛生組織 = WHO, world health
國際貨幣基金 = IMF, international monetary fund
世界銀行 = world bank
國際能源總署 = IEA, international energy agency
國際原子能總署 = IAEA, international atomic energy
七大工業國 = G7, group of seven
金磚 = brics
四方安全對話 = quad
川普 = trump
拜登 = biden
歐巴馬 = obama
習近平 = XI
普丁 = putin
澤倫斯基 = zelensk
石破茂 = ishiba
莫迪 = modi
馬克宏 = macron
梅茲 = merz
施凱爾 = starmer
魯比奧, 盧比歐 = rubio
賴清德 = LAI
李在明 = lee jae
小馬可仕 = marcos
華為 = huawei
中興 = zte
台積電, 臺積電 = tsmc
輝達 = nvidia
三星 = samsung
蘋果 = apple
艾司摩爾 = asml
台海, 臺海, 台灣海峽, 臺灣海峽 = taiwan strait
南海 = south china sea
東海 = east china sea
紅海 = red sea
黑海 = black sea
北極 = arctic
荷姆茲 = hormuz
巴拿馬 = panama
香港 = hong kong
新疆 = xinjiang
西藏 = tibet
非洲 = africa
拉丁美洲, 拉美 = latin america
中東 = middle east
中亞 = central asia
東南亞 = southeast asia
印太 = indo pacific
太平洋島 = pacific island
"""

_THINGS = """
關稅 = tariff
制裁 = sanction
預算 = budget
選舉, 大選 = election
總統 = president
總理, 首相 = prime minister, chancellor
國會 = congress, parliament
法院 = court
法案, 立法, 修法 = bill, legislat, law
執委會 = commission
企業, 公司, 廠商, 業者 = firm, compan, business, enterprise
政府 = government
盟友, 盟國, 同盟 = all, alliance, partner
能源 = energy
天然氣 = natural gas, LNG
石油, 原油, 油價 = oil, crude
核能, 核電 = nuclear power, nuclear energy
核武, 核子 = nuclear weapon, warhead
電力, 電網, 供電 = electric, grid, power
電動車 = electric vehicle, EV, EVS
電池 = batter
晶片, 半導體 = chip, semiconductor
人工智慧 = AI, artificial intelligence
稀土 = rare earth
礦物, 礦產 = mineral
供應鏈 = supply chain
出口 = export
進口 = import
管制 = control, restriction
投資 = invest
貿易 = trade
逆差, 赤字 = deficit
貸款, 債務 = loan, debt
通膨, 物價 = inflation
失業, 就業 = job, employ
移民, 難民 = migra, refugee
氣候 = climate
減碳, 排放 = emission, carbon
疫情 = pandemic, covid
疫苗 = vaccin
軍事, 軍方 = military
海軍, 艦隊 = navy, naval, fleet
潛艦 = submarine
軍艦, 造艦, 艦艇 = warship, ship
航空母艦, 航母 = aircraft carrier
戰機, 空軍 = fighter, air force
飛彈 = missile
無人機 = drone, unmanned
彈藥 = munition, ammunition
演習 = exercise, drill
基地 = base
嚇阻 = deter
國防, 防衛 = defense, defence
安全 = security
情報 = intelligence
網路 = cyber, network, internet, online
資料, 數據 = data
假訊息, 不實訊息 = disinformation, misinformation
間諜 = spy, espionage
電纜 = cable
衛星 = satellite
港口 = port
航運, 船舶, 海運 = shipping, vessel, ship
漁船, 漁民 = fish
停火 = ceasefire, cease fire, truce
談判, 協商 = negotiat, talk
協議, 協定, 條約 = agreement, treaty, accord, pact, deal
峰會 = summit
公報, 聲明 = communiqu, statement
外交 = diplom
戰爭, 戰事, 衝突 = war, conflict
人權 = human rights
民主 = democra
學生, 大學 = student, universit
研究, 報告 = research, report, study, studies
民調 = poll, survey
農業, 農民, 糧食 = agricultur, farm, food
鋼鐵 = steel
太陽能, 光電 = solar
風電, 離岸風 = wind
銀行 = bank
匯率, 美元 = currency, dollar, exchange rate
補貼 = subsid
技術, 科技 = technolog
人才 = talent, worker, skill
產業, 工業 = industr
市場 = market
價格 = price
成本, 代價 = cost
儲備, 存量, 庫存 = stock, reserve, inventor
豁免 = exempt, waiver
系統 = system
標準 = standard
地方 = local
訓練 = train
風險 = risk
保險 = insur
改革 = reform
作者 = author
"""


@dataclass(frozen=True, slots=True)
class Concept:
    """One name or thing. `chinese` forms are searched in the text, `english` forms in `normalize_english`
    output.
    """

    key: str
    chinese: tuple[str, ...]
    english: tuple[str, ...]
    is_name: bool


def _parse_concepts(table: str, *, is_name: bool) -> Iterable[Concept]:
    for line in table.strip().splitlines():
        chinese, _, english = line.partition(" = ")
        forms = (f" {form.lower()}{' ' if form.isupper() else ''}" for form in english.split(", "))
        yield Concept(line, tuple(chinese.split(", ")), tuple(forms), is_name)


CONCEPTS = (*_parse_concepts(_NAMES, is_name=True), *_parse_concepts(_THINGS, is_name=False))

_STATES = re.compile(r"\bu\.s\.(?:a\.)?")
_OTHER = re.compile(r"[^0-9a-zà-ɏ]+")


def normalize_english(text: str) -> str:
    """Return the text in small letters with one space at every word boundary."""
    return f" {_OTHER.sub(' ', _STATES.sub('usa', text.casefold()))} "


def find_mentioned_concepts(chinese: Sequence[str], english: Sequence[str]) -> list[Concept]:
    """Return the concepts that either language mentions."""
    in_chinese, in_english = "\n".join(chinese), "\n".join(english)
    return [
        word
        for word in CONCEPTS
        if any(form in in_chinese for form in word.chinese)
        or any(form in in_english for form in word.english)
    ]


ACRONYMS = frozenset(
    form.upper() for table in (_NAMES, _THINGS) for form in re.findall(r"[A-Z][A-Z0-9]+", table)
) | {"US"}
"""Acronyms that have a Chinese equivalent in these tables."""
