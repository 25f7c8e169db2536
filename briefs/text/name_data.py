"""Surnames and other parts of names, by which `person_names` tells the order of a name. Data only.

Romanisations are in lower case, without accents: Pinyin, Wade-Giles, Cantonese, Hokkien, Hakka, Korean, Vietnamese.
"""

from typing import Final

_SURNAMES: Final = """
王 wang wong ong heng vuong|李 li lee lei ly yi rhee|張张 zhang chang cheung teo teoh tio truong jang|劉刘 liu lau liew lao luu low ryu yoo
陳陈 chen chan tan tran chin jin|楊杨 yang yeung yeo yong duong young|黃黄 huang wong ng hwang ooi oei hoang huynh wee|趙赵 zhao chao chiu jo cho trieu
吳吴 wu ng goh gouw ngo oh|周 zhou chou chow chau chew chu joo|徐 xu hsu tsui chui suh seo swee|孫孙 sun suen son sng ton sohn|馬马 ma mah beh
朱 zhu chu choo joo|胡 hu woo wu oh ho|郭 guo kuo kwok kwek quek koay quach kwak|何 he ho hoh ha|高 gao kao ko kow go koh|林 lin lam lim rim im liem lum
羅罗 luo lo law loh la na|鄭郑 zheng cheng cheang tay teh chung jung jeong trinh chong|梁 liang leung leong neo luong yang ryang|謝谢 xie hsieh tse cheah chia ta|宋 song sung soong tong
唐 tang tong duong|許许 xu hsu hui koh khoo heo hur hua hu|韓韩 han hon|馮冯 feng fung foong phung|鄧邓 deng teng tang dang|曹 cao tsao cho tso jo|彭 peng pang pong phang banh
曾 zeng tseng tsang chan tang jeung|蕭萧肖 xiao hsiao siu sio siew tieu|田 tian tien tin dien jeon|董 dong tung tong dung|袁 yuan yuen won vien|潘 pan poon phua phan ban|蔡 cai tsai choi chua choy chai thai
蔣蒋 jiang chiang cheung tuong jang|余 yu yee yue du yeo|于 yu yue|杜 du tu to do doo|葉叶 ye yeh yip ip yap diep|程 cheng ching trinh|魏 wei ngai nguy ngui wee|蘇苏 su soo so to|呂吕 lu lui loo lu lyu la
丁 ding ting dinh chung|任 ren jen yam nham im|盧卢 lu lo loo no ro roh|姚 yao yiu dieu|沈 shen sim sum tham shim sam|鍾鐘钟 zhong chung chong jong|姜 jiang chiang keung khuong kang|崔 cui tsui choi choe thoi
譚谭 tan tam dam|陸陆 lu luk lok luc yuk|范 fan pham beom bum van|汪 wang wong uong|廖 liao liu liew lieu|石 shi shih shek thach seok suk|金 jin chin kam kim gim|賈贾 jia chia gia|韋韦 wei vi
夏 xia hsia ha|付 fu|傅 fu foo pho|方 fang fong phuong bang pang|鄒邹 zou tsou chow|熊 xiong hsiung hung|白 bai pai pak bach baek paek|孟 meng mang manh maeng|秦 qin chin tan|邱 qiu chiu yau khoo khuu koo
江 jiang chiang kong giang|尹 yin wan doan yoon yun|薛 xue hsueh sit tiet seol|閻阎 yan yen diem|段 duan tuan doan|雷 lei lui loi|侯 hou hau hau|龍龙 long lung|史 shi shih su sa|陶 tao to dao|黎 li lai le
賀贺 he ho ha|毛 mao mo|郝 hao hok|顧顾 gu ku koo co|龔龚 gong kung|邵 shao shiu thieu so|萬万 wan man van|覃 qin tan|武 wu vo vu mu|錢钱 qian chien chin tien|戴 dai tai doi|嚴严 yan yen yim nghiem eom um
莫 mo mok mac|孔 kong kung hung khong gong|向 xiang hsiang huong|湯汤 tang tong thang|溫温 wen wan on|施 shi shih sy see|翁 weng yung yong ong|游 you yu yau|詹 zhan chan chim|古 gu ku koo co|紀纪 ji chi ky
童 tong tung dong|柯 ke ker ko kua quah kha|洪 hong hung ang|連连 lian lien|簡简 jian chien kan|賴赖 lai|巫 wu mo|歐欧 ou au|涂塗 tu to|倪 ni nghe|駱骆 luo lok lac|柳 liu lau ryu yoo lieu|辛 xin hsin shin tan|卓 zhuo cho toh
官 guan kuan koon|阮 ruan juan yuen nguyen|華华 hua wah hoa|尤 you yu yau|饒饶 rao jao yiu|聶聂 nie nieh nip|凌 ling|池 chi ji chih|甘 gan kan kam|鄔邬 wu|和 he|與 yu|易 yi yik dich|康 kang hong khang|章 zhang chang cheung jang
伍 wu ng ngu|耿 geng keng|關关 guan kwan kuan quan|喬乔 qiao chiao kieu|朴 park pak bak piao|文 wen man moon mun van|申 shen shin sin than|裴 pei bae pae bui|盧 noh|全 quan chuan jun jeon chun|權权 quan kwon gwon quyen
安 an ahn on|俞 yu yoo|車车 che cha|具 ku koo goo|禹 woo|郗 xi|習习 xi hsi|桂 gui kuei kwai kye|樊 fan|岳 yue|齊齐 qi chi|靳 jin|祁 qi|苗 miao|包 bao pao|左 zuo tso|褚 chu|管 guan kuan|葛 ge ko got|司 si|商 shang
顏颜 yan yen ngan gan|倪 ngai|牛 niu|閔闵 min|成 cheng sung seong|玄 hyun|南 nam|元 won yuan|河 ha|延 yeon|明 ming myung|奇 ki|班 ban pan|項项 xiang|查 cha zha|沙 sha|焦 jiao|巴 ba|時时 shi|單单 shan
麥麦 mai mak|符 fu foo|藍蓝 lan lam nam|蒲 pu|麻 ma|鮑鲍 bao pao|危 ngai|施 si|鄺邝 kwong kuang|區区 au ou|佘 she seah|卞 byun bian pien|吉 ji gil|千 chun|殷 yin|祝 zhu chu|尚 shang|翟 zhai chai|佟 tong
房 fang|楚 chu|艾 ai|宗 zong|寧宁 ning|鄂|荀|梅 mei mui mai|盛 sheng|郁 yu|柴 chai|胥 xu|庄莊 zhuang chuang chong|刁 diao|甯|容 yung|敖|樂乐 yue le|闕|儲|邢 xing hsing|屈 qu|臧 zang|步|樓楼 lou|芮|仇 qiu chou
"""
"""One surname a cell: its character in each form (traditional, simplified), and its romanisations."""

_DOUBLE_SURNAMES: Final = {
    "歐陽": "ouyang ou-yang auyeung au-yeung auyong",
    "司馬": "sima ssuma ssu-ma szema",
    "諸葛": "zhuge chuko chu-ko",
    "上官": "shangguan",
    "司徒": "situ szeto seeto",
    "夏侯": "xiahou",
    "皇甫": "huangfu hwangbo",
    "張簡": "changchien",
    "范姜": "fanchiang",
}

AMBIGUOUS_DOUBLE_SURNAMES: Final = ("張簡", "范姜")
"""Their first character is a common surname too: with three characters, the length of the surname is not known."""

_MORE_SURNAMES: Final = """
nguyen pham bui dang vu vo do ngo duong dinh dao doan luong trinh mai lam cao chau ngoc phuc
abe akiyama amano aoki arai araki ando asano aso endo fujii fujimoto fujita fujiwara fukuda fukushima goto hara harada hasegawa hashimoto hatoyama
hayashi higuchi hirano honda hosokawa ichikawa ide iguchi ikeda imai inoue ishiba ishida ishihara ishii ishikawa ito iwasaki iwata kaifu kamiya kan
kaneko kanno kato kawaguchi kawai kawamura kikuchi kimura kinoshita kishi kishida kitagawa kitaoka kobayashi koike koizumi kojima komura kondo konno
kono kubo kudo maeda maruyama masuda matsuda matsui matsumoto matsuno miki miura miyamoto miyazaki miyazawa mizuno mori morimoto morita motegi
murakami murata murayama nagai nakagawa nakajima nakamura nakano nakasone nakatani nakayama nishida nishimura nishino noda noguchi nomura obuchi
ochi ogawa ohira okada okamoto onishi ono onodera ota otsuka ozawa saito sakai sakamoto sakurai sano sasaki sato sawada shibata shimada shimizu
shiina soeya suga sugawara sugimoto sugiyama suzuki takagi takahashi takaichi takamura takayama takeda takenaka takeshita takeuchi tamura tanaka
tanigaki taniguchi tokunaga uchida uchiyama ueda uehara ueno ui wada watanabe yamada yamagata yamaguchi yamaji yamamoto yamanaka yamashita
yamauchi yamazaki yokoyama yoshida yoshihara yoshikawa yoshimura yoshino
hun sok chea norodom sihanouk heng keo kem prak pol
orban nagy kovacs toth szabo horvath varga kiss molnar nemeth farkas balogh papp takacs juhasz lakatos meszaros olah racz fekete szilagyi torok feher
gal szucs kocsis ronai gyurcsany szijjarto novak sulyok magyar antall kadar imre bajnai medgyessy medvigy navracsics rogan
"""
"""Surnames that are printed first in their country: Vietnam, Japan, Cambodia, Hungary."""

_JAPANESE_HAN_SURNAMES: Final = """
安倍 岸田 石破 高市 小泉 麻生 河野 野田 福田 鳩山 村山 橋本 中曾根 佐藤 鈴木 高橋 田中 伊藤 渡邊 渡辺
山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 清水 山崎 池田 阿部 石川 前田 小川 藤田 岡田
後藤 長谷川 村上 近藤 石井 齋藤 齊藤 斎藤 坂本 遠藤 青木 藤井 西村 福島 太田 三浦 藤原 岡本 松田 中川
中野 原田 小野 小野寺 田村 竹內 金子 和田 中山 石田 上田 森田 宮崎 宮澤 酒井 柴田 工藤 橫山 丸山 今井
大野 高木 安藤 島田 谷口 小池 茂木 世耕 甘利 二階 谷垣 枝野 前原 玉木 志位 山下 川口 北岡 添谷 神谷
兼原 細谷 細川 岡崎 田岡 道下 武田 松井 松尾 中西 中谷 西田 小原 川島 增田 阿南 德地 門間 石原 森本
竹下 竹中 大平 海部 宇野 羽田 小淵 三木 片山 岩屋 林田
"""
JAPANESE_HAN_SURNAMES: Final = tuple(_JAPANESE_HAN_SURNAMES.split())

_UNDIVIDED_FIRST_NAMES: Final = """
aung u daw ko maung ma khin kyaw than thein htin win zaw myint min nay ne thura thant thaung tin soe hla su
hlaing hnin kyi lwin moe naing nwe nyan nyein ohn phyo sandar thet thiha thuzar wai wunna yin zeya zin
kolas icyang kawlo mayaw saidai sra sufin walis yosi
tenzin lobsang penpa tsering tshering lotay dawa pema sonam dorje jigme ugyen gyaltsen dasho abiy meles
hailemariam haile tedros tewolde getachew isaias debretsion workneh demeke gedu birhanu mulatu sahle-work
girma berhane alemayehu tesfaye kassahun mekonnen seyoum redwan yemane taye lemma kinfe andargachew addisu
mahathir najib muhyiddin tun tunku tengku syed haji hajah nik wan megat raja sheikh shaikh sheik sultan king
queen prince princess pope saint dr dr. prof prof. sir dame lord lady baroness baron gen gen. adm adm. col
col. sen sen. rep rep. amb amb. mr mr. mrs mrs. ms ms. abu umm abd abdul de da du la le von der dos el
"""
UNDIVIDED_FIRST_NAMES: Final = frozenset(_UNDIVIDED_FIRST_NAMES.split())
"""First words of names that have no family name, or of which the first word is a title or a particle."""

_HUNGARIAN_GIVEN_NAMES: Final = """
ádám ágnes ákos andrás anikó attila balázs bálint béla bence bertalan botond csaba csilla dániel dávid endre enikő erzsébet
éva ferenc gábor gergely géza győző györgy gyula hajnalka ildikó ilona imre istván jános jenő józsef judit kálmán károly
katalin kinga krisztina lajos lászló levente lilla lőrinc margit mária mátyás máté mihály miklós mónika nándor olivér
orsolya ottó pál péter piroska réka richárd róbert rózsa sándor szabolcs szilvia tamás tibor tímea tünde vilmos zoltán
zsolt zsófia zsuzsa zsuzsanna
"""
HUNGARIAN_GIVEN_NAMES: Final = frozenset(_HUNGARIAN_GIVEN_NAMES.split())

_SWEDISH_SURNAMES: Final = """
andersson bengtsson carlsson danielsson eliasson eriksson fredriksson gustafsson gustavsson hansson henriksson isaksson
jakobsson jansson johansson karlsson kristersson larsson mårtensson nilsson olofsson olsson persson
pettersson svensson åkesson
"""
SWEDISH_SURNAMES: Final = frozenset(_SWEDISH_SURNAMES.split())
"""Swedish surnames with the ending of Icelandic patronymics, which are not surnames."""


PATRONYMIC_PARTICLES: Final = frozenset({"bin", "ibn", "bint", "binti", "binte", "anak", "ap", "bat"})

_SPANISH_SURNAMES: Final = """
garcia rodriguez gonzalez fernandez lopez martinez sanchez perez gomez martin jimenez ruiz hernandez diaz
moreno alvarez munoz romero alonso gutierrez navarro torres dominguez vazquez ramos gil ramirez serrano
blanco molina morales suarez ortega delgado castro ortiz rubio marin sanz nunez iglesias medina garrido
cortes castillo santos lozano guerrero cano prieto mendez cruz calvo gallego vidal leon marquez herrera pena
flores cabrera campos vega fuentes carrasco diez reyes caballero nieto aguilar pascual santana herrero
montero lorenzo hidalgo gimenez ibanez ferrer duran santiago benitez mora vicente vargas arias carmona
crespo roman soto saez velasco moya soler parra esteban bravo gallardo rojas zapatero llosa obrador calderon
salinas zedillo quesada uribe pinera bachelet allende neruda borges paz cardenas correa chavez maduro guaido
arce mesa lugo mujica macri kirchner milei boric petro duque noboa lasso toledo humala fujimori boluarte
saenz bukele zelaya arevalo giammattei pena-nieto sheinbaum rajoy aznar casado feijoo borrell solana albares
"""
SPANISH_SURNAMES: Final = frozenset(_SPANISH_SURNAMES.split())


def _read_surnames() -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    by_han: dict[str, set[str]] = {double: set(latin.split()) for double, latin in _DOUBLE_SURNAMES.items()}
    for cell in filter(None, _SURNAMES.replace("\n", "|").split("|")):
        forms, *latin = cell.split()
        for form in forms:
            by_han.setdefault(form, set()).update(latin)
    latin_names = {name for names in by_han.values() for name in names} | {*_MORE_SURNAMES.split()}
    return {form: frozenset(names) for form, names in by_han.items()}, frozenset(latin_names)


ROMANISATIONS, ROMANISED_SURNAMES = _read_surnames()
"""Romanisations of each Chinese surname, and every surname that may be printed first, in Latin letters."""
DOUBLE_SURNAMES: Final = tuple(_DOUBLE_SURNAMES)
