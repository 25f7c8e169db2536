"""Rules M1–M7 and N7: pairs that agree, pairs that differ, and 100 mistakes planted in ten correct briefs."""

import re
from pathlib import Path

import pytest

from briefs.bilingual.checks import CheckContext, Finding, run_checks
from briefs.content import Bullet, Content
from briefs.tests.bilingual.checks.finding_messages import format_finding_message
from briefs.tests.bilingual.checks.test_all_checks import ADVISORY_CHECKS
from briefs.tests.bilingual.checks.test_glossary import SHIPPED

FOLDER = Path(__file__).parent
BRIEFS = {
    number: lines.splitlines()
    for number, lines in re.findall(
        r"^\[(\d+)\]\n((?:.+\n)+)", (FOLDER / "clean_briefs.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
}
MISTAKES = [
    line.split("\t")
    for line in (FOLDER / "planted_mistakes.tsv").read_text(encoding="utf-8").splitlines()
]  # fmt: skip

AGREEING_PAIRS = [
    ("政府無力約束他們。", "The government is powerless to restrain them."),
    ("因為安全情勢未穩。", "This is because of the unstable security situation."),
    ("北京說這是不可阻擋的潮流。", "Beijing calls it an unstoppable trend."),
    ("維和部隊袖手旁觀。", "Peacekeepers stood by and did nothing."),
    # M1
    ("東京與首爾加強合作。", "Japan and South Korea are deepening cooperation."),
    ("華府要求北京讓步。", "The United States asked China for concessions."),
    ("美日同盟。", "The alliance of the United States and Japan."),
    ("駐韓美軍。", "U.S. Forces Korea."),
    ("歐洲的態度。", "The attitude of the EU."),
    ("南海的局勢。", "The situation in the South China Sea."),
    ("普京的演說。", "Putin’s speech."),
    ("該國拒絕。", "Vietnam refused."),
    ("中華民國的歷史。", "The history of the Republic of China."),
    ("中華人民共和國的歷史。", "The history of the People’s Republic of China."),
    # M2
    ("合作並非沒有代價。", "Cooperation comes at a price."),
    ("韓國未必同意。", "South Korea may well disagree."),
    ("各國反應不一。", "Reactions vary."),
    ("不僅如此，未來的無人機會更便宜。", "Moreover, drones will become cheaper."),
    ("不應增加預算，而應改革制度。", "Governments should reform the system rather than increase the budget."),
    ("沒有人知道。", "It is unknown."),
    ("毫無疑問，這是大事。", "This is of course important."),
    ("這絕非易事。", "That is challenging."),
    ("它無法容忍異見。", "It is intolerant of dissent."),
    ("無法提供影像。", "They will not be able to provide video."),
    # M3 to M5
    ("關稅推高成本。", "Tariffs raise costs."),
    ("出口下降，進口上升。", "Exports fell while imports rose."),
    ("政府必須說明。", "Governments will have to explain."),
    ("多數礦砂運往中國。", "Most ores are shipped to China."),
    ("營收增加兩倍。", "Revenue tripled."),
    ("成長一倍。", "It doubled."),
    ("其中半數。", "Half of them."),
    ("5月公布。", "It was published in May."),
    ("這可能在5月發生。", "That may happen in May."),
    ("去年春季。", "Last spring."),
    # M7
    ("法國反對，德國支持。", "Germany supported it, while France was opposed."),
    ("該國退出談判後拒絕重新加入。", "The country left the talks and refused to return."),
    ("第二，短期內成本較高。", "Another point is that costs are higher in the short run."),
    # M6
    ("中國攻擊菲律賓的船隻。", "The Philippines was attacked by China."),
    ("美國對中國實施制裁。", "China was sanctioned by the United States."),
    ("印度向俄羅斯購買石油。", "India buys oil from Russia."),
    ("美國制裁中國。", "China faces sanctions from the United States."),
    ("日本是中國最大的出口市場。", "China’s exports go mostly to Japan."),
    ("檢方指控他受賄。", "Prosecutors accused him of taking bribes."),
    # Tense
    ("政府將兩名商人引渡出境。", "The government extradited two businessmen."),
    ("該國核武計畫靠竊得的資金支應。", "The country’s nuclear program is paid for with stolen money."),
    ("破冰船多已老舊。", "Most of the icebreakers are aging."),
    # N7
    ("福爾多等三處設施。", "Fordow and two other sites."),
    ("雙方提出三項建議。", "Both sides made three proposals."),
    # Whole sentences, each with its counterpart in DIFFERING_PAIRS
    ("北京要求首爾在年底前撤除飛彈防禦系統。", "Beijing asked Seoul to remove the missile defense system by the end of the year."),
    ("紐西蘭警告索羅門群島，不要讓外國海軍使用新港口。", "New Zealand warned the Solomon Islands against letting foreign navies use the new port."),
    ("印度出口軍火到亞美尼亞，亞塞拜然則向土耳其購買無人機。", "India exports arms to Armenia, while Azerbaijan buys drones from Turkey."),
    ("國會在休會前未能通過撥款案。", "Congress failed to pass the appropriations bill before the recess."),
    ("只有三個會員國不願公開其庫存。", "Only three member states are unwilling to disclose their stockpiles."),
    ("該系統比舊系統便宜，但不能攔截高超音速飛彈。", "The system is cheaper than the old one but cannot intercept hypersonic missiles."),
    ("政府在選舉前取得多數支持。", "The government won majority support before the election."),
    ("各國可自行決定是否公布排放數據。", "Countries may decide for themselves whether to publish emissions data."),
    ("業者必須在三十天內通報資安事件。", "Operators must report cyber incidents within 30 days."),
    ("會員國無須提交新的計畫。", "Member states need not submit new plans."),
    ("該協定提高了外資持股上限，吸引更多投資。", "The agreement raised the cap on foreign ownership, attracting more investment."),
    ("越南放寬稀土出口管制，以爭取美國投資。", "Vietnam relaxed export controls on rare earths to win U.S. investment."),
    ("由於油價回升，預算赤字逐年縮小。", "As oil prices recovered, the budget deficit narrowed year after year."),
    ("協議於三月底簽署。", "The agreement was signed at the end of March."),
    ("選舉將於明年春季舉行。", "The election will be held next spring."),
    ("該部隊上週抵達。", "The unit arrived last week."),
    ("至少十二艘船遭扣押。", "At least twelve ships were seized."),
    ("產量增為三倍。", "Output tripled."),
    ("不到四成的受訪者支持。", "Less than 40 percent of respondents were in support."),
    ("匈牙利總理反對新一輪制裁。", "The Hungarian prime minister opposed a new round of sanctions."),
    ("波札那的鑽石收入持續下降。", "Diamond revenue in Botswana keeps falling."),
    ("歐盟計畫在東非設立訓練中心。", "The EU plans to set up a training center in East Africa."),
    ("該公司將在德州興建第二座廠房。", "The company will build a second plant in Texas."),
    ("封鎖幾乎切斷了該島的糧食供應。", "The blockade almost cut off the island’s food supply."),
    ("制裁可能促使莫斯科重返談判。", "Sanctions may drive Moscow back to the talks."),
    ("情報顯示，平壤似乎正準備另一次試射。", "Intelligence suggests that Pyongyang appears to be preparing another test."),
    ("部分官員認為這項計畫過於昂貴。", "Some officials consider the plan too expensive."),
    ("多數村落仍缺乏乾淨的飲用水。", "Most villages still lack clean drinking water."),
    ("所有港口都裝設了新的雷達。", "All ports were fitted with new radars."),
    ("印尼的鎳產量高於菲律賓。", "Indonesia produces more nickel than the Philippines."),
    ("無人機的成本遠低於飛彈。", "Drones cost far less than missiles."),
    ("這是該地區最大的天然氣田。", "It is the largest gas field in the region."),
    ("因為糧價上漲，政府被迫取消補貼。", "Because food prices rose, the government was forced to cancel subsidies."),
    ("該國退出協定，因此失去融資。", "The country left the accord and therefore lost financing."),
    ("軍方否認使用集束彈藥。", "The military denied using cluster munitions."),
    ("肯亞總統魯托在開幕式上致詞。", "Kenyan President William Ruto spoke at the opening ceremony."),
    ("德國被法國說服，同意共同發債。", "France persuaded Germany to accept joint debt."),
    ("北京要求首爾撤除系統。", "Seoul was asked to remove the system at Beijing’s insistence."),
    ("軍售案是為了安撫盟友，而不是為了創造就業。", "The arms sale is meant to reassure allies, not to create jobs."),
    ("兩國海軍演習時，他正在學習中文。", "He was learning Chinese while the two navies held exercises."),
    ("芬蘭斥責匈牙利。", "Finland has scolded Hungary."),
    ("總理會見礦工。", "The prime minister met the miners."),
    ("赤字源於政府減稅，而非社會福利。", "The deficit stems from government tax cuts rather than from social welfare."),
    ("政府應優先整修橋梁。", "The government should repair bridges first."),
    ("瑞典正在重建駐軍。", "Sweden is rebuilding the garrison."),
    ("他訪問過基輔。", "He has visited Kyiv."),
    ("制裁只有在盟國配合時奏效。", "Sanctions work only when allies cooperate."),
    ("該國僅有三座反應爐。", "The country has three reactors."),
    ("它不只出售飛機。", "It sells aircraft, among much else."),
    ("各國都不承認該政權。", "All countries refuse to recognize the regime."),
    ("雙方均未讓步。", "Neither side gave way."),
    ("擴大貿易不必然帶來民主。", "More trade does not necessarily bring democracy."),
    ("柏林遲遲未回應。", "Berlin has been slow to respond."),
    ("海軍艦艇數量不足，難以巡邏。", "The navy has too few ships to patrol."),
    ("預計第三季恢復生產。", "Production is expected to resume in the third quarter."),
    ("出口占產量逾半。", "Exports make up more than half of output."),
    ("各國應儘快達成協議。", "Countries should reach an agreement as soon as possible."),
    ("各國應盡速達成協議。", "Countries should reach an agreement as soon as possible."),
    ("印度與巴基斯坦在喀什米爾交火。", "India and Pakistan exchanged fire in Kashmir."),
    ("失業率降至4.1%。", "Unemployment fell to 4.1 percent."),
    ("美國向台灣出售F-16。", "The United States sold F-16s to Taiwan."),
    ("決議的執行始終未達標。", "The resolution never met its target."),
    ("該廠為30百萬瓦，耗去3億焦耳。", "The 30-megawatt plant used 300 megajoules."),
    ("對無海港的國家而言，它不可或缺。", "For landlocked countries, it is indispensable."),
    ("晶圓還得飛一趟台灣。", "Wafers have to make a flight to Taiwan."),
    ("他選擇合資，而不是徵收。", "He chose a joint venture over expropriation."),
    ("經費遠遠不夠。", "Funding is far from sufficient."),
    # Words that the other language turns
    ("海盜出沒，資料卻零散不全。", "There are pirates, and the data remain patchy."),
    ("條約歷經三次戰爭而不墜。", "The treaty survived three wars."),
    ("國防支出不受債務限制。", "Defense spending was freed from the limit on debt."),
    ("不應因停電就不付房租。", "Nobody stops paying the rent because the power is off."),
    ("任何協議都繞不過它。", "No agreement can get around it."),
    ("它難以攔截。", "It is described as impossible to intercept."),
    ("法院判定出售國籍違法。", "The court ruled that it may not sell nationality."),
    ("每戶只能帶五萬盧比離境。", "A household may take out 50,000 rupees."),
    ("即將卸任的國會通過法案。", "The outgoing parliament passed the bill."),
    ("擴建已近尾聲。", "Construction is nearing its end."),
    ("與其加碼補貼，作者寧可政府投資電網。", "The author would rather see the government invest in the grid than raise subsidies."),
    ("本文主張，與其追捕船隻，不如執行協定。", "This article argues that rather than chase ships, governments should enforce the agreement."),
    ("與其自行開發，不如合資。", "Pooling funds makes more sense than developing alone."),
    ("美國放寬對白俄羅斯鉀肥的制裁。", "The United States eased sanctions on Belarusian potash."),
    ("障礙是法律與沒有人會焊接。", "The obstacles are a law and the lack of anyone who can weld."),
    ("「別說謝謝你的付出。」", "“Don’t thank me for my service.”"),
    ("太平洋島國過渡時期需要貸款。", "Pacific island states will need loans during the transition."),
    ("投票前兩天的錄音", "The Recording Two Days Before the Vote"),
    ("外長佩尼在會議上致詞。", "Foreign Minister Penny Wong spoke at the conference."),
    (
        "波蘭移轉戰機，並要求德國補足缺口，柏林對此遲未回應。",
        "Poland transferred fighter jets and asked Germany to fill the gap, a request that Berlin has been slow to answer.",
    ),
]  # fmt: skip
DIFFERING_PAIRS = [
    ("首爾加強防衛。", "Japan is strengthening its defense.", "names"),
    ("南韓與日本。", "North Korea and Japan.", "names"),
    ("和談在伊斯坦堡舉行。", "The talks took place in Ankara.", "names"),
    ("普丁宣布停火。", "Zelensky announced a cease-fire.", "names"),
    ("東海的衝突。", "Conflict in the South China Sea.", "names"),
    ("北約的決定。", "A decision by ASEAN.", "names"),
    ("北京不會讓步。", "Beijing will make concessions.", "negation_zh"),
    ("北京將讓步。", "Beijing will not make concessions.", "negation_en"),
    ("各國應公開資料，因為這很難。", "Countries should not disclose data, because it is hard.", "negation_en"),
    ("不應增加預算，而應改革制度。", "Governments should increase the budget rather than reform the system.", "contrast"),
    ("出口上升。", "Exports fell.", "direction"),
    ("法國反對加徵關稅。", "France supported the tariffs.", "opposites"),
    ("印度拒絕加入。", "India agreed to join.", "opposites"),
    ("每桶60美元的價格上限。", "A price floor of US$60 a barrel.", "opposites"),
    ("第三，盟國應增產。", "Second, allies should produce more.", "opposites"),
    ("參議院通過法案。", "The House of Representatives passed the bill.", "opposites"),
    ("北韓向俄羅斯派遣1萬名士兵。", "Russia sent 10,000 soldiers to North Korea.", "actors"),
    ("政府必須退讓。", "The government may give way.", "certainty"),
    ("所有國家同意。", "Most countries agree.", "quantity"),
    ("營收增為五倍。", "Revenue doubled.", "multiples"),
    ("其中四分之一。", "A third of them.", "multiples"),
    ("上升3個百分點。", "It rose 3 percent.", "multiples"),
    ("於6月公布。", "It was published in July.", "dates"),
    ("於星期一公布。", "It was published on Tuesday.", "dates"),
    ("明年公布。", "It was published last year.", "dates"),
    ("以歐元計價。", "It is priced in yen.", "currency"),
    ("菲律賓攻擊中國的船隻。", "China attacked Philippine boats.", "actors"),
    ("印度向俄羅斯購買石油。", "Russia buys oil from India.", "actors"),
    ("川普批評澤倫斯基。", "Zelensky criticized Trump.", "actors"),
    ("川普批評澤倫斯基。", "Zelensky has now once again criticized Trump.", "actors"),
    ("中國對日本實施制裁。", "Japan imposed sanctions on China.", "actors"),
    ("北京要求首爾在年底前撤除飛彈防禦系統。", "Seoul asked Beijing to remove the missile defense system by the end of the year.", "actors"),
    ("紐西蘭警告索羅門群島，不要讓外國海軍使用新港口。", "The Solomon Islands warned New Zealand against letting foreign navies use the new port.", "actors"),
    ("印度出口軍火到亞美尼亞，亞塞拜然則向土耳其購買無人機。", "Armenia exports arms to India, while Azerbaijan buys drones from Turkey.", "actors"),
    ("國會在休會前未能通過撥款案。", "Congress passed the appropriations bill before the recess.", "negation_zh"),
    ("只有三個會員國不願公開其庫存。", "Only three member states are willing to disclose their stockpiles.", "negation_zh"),
    ("該系統比舊系統便宜，但不能攔截高超音速飛彈。", "The system is cheaper than the old one but can intercept hypersonic missiles.", "negation_zh"),
    ("政府在選舉前取得多數支持。", "The government did not win majority support before the election.", "negation_en"),
    ("各國可自行決定是否公布排放數據。", "Countries must decide for themselves whether to publish emissions data.", "certainty"),
    ("業者必須在三十天內通報資安事件。", "Operators may report cyber incidents within 30 days.", "certainty"),
    ("會員國無須提交新的計畫。", "Member states must not submit new plans.", "opposites"),
    ("該協定提高了外資持股上限，吸引更多投資。", "The agreement lowered the cap on foreign ownership, attracting more investment.", "direction"),
    ("越南放寬稀土出口管制，以爭取美國投資。", "Vietnam tightened export controls on rare earths to win U.S. investment.", "direction"),
    ("由於油價回升，預算赤字逐年縮小。", "As oil prices recovered, the budget deficit widened year after year.", "direction"),
    ("協議於三月底簽署。", "The agreement was signed at the end of May.", "dates"),
    ("選舉將於明年春季舉行。", "The election will be held this spring.", "dates"),
    ("該部隊上週抵達。", "The unit arrived last month.", "dates"),
    ("至少十二艘船遭扣押。", "At most twelve ships were seized.", "opposites"),
    ("產量增為三倍。", "Output doubled.", "multiples"),
    ("不到四成的受訪者支持。", "More than 40 percent of respondents were in support.", "opposites"),
    ("匈牙利總理反對新一輪制裁。", "The Slovak prime minister opposed a new round of sanctions.", "names"),
    ("波札那的鑽石收入持續下降。", "Diamond revenue in Namibia keeps falling.", "names"),
    ("歐盟計畫在東非設立訓練中心。", "The EU has set up a training center in East Africa.", "tense"),
    ("該公司將在德州興建第二座廠房。", "The company built a second plant in Texas.", "tense"),
    ("封鎖幾乎切斷了該島的糧食供應。", "The blockade cut off the island’s food supply.", "hedge_zh"),
    ("制裁可能促使莫斯科重返談判。", "Sanctions drove Moscow back to the talks.", "hedge_zh"),
    ("情報顯示，平壤似乎正準備另一次試射。", "Intelligence shows that Pyongyang is preparing another test.", "hedge_zh"),
    ("部分官員認為這項計畫過於昂貴。", "All officials consider the plan too expensive.", "quantity"),
    ("多數村落仍缺乏乾淨的飲用水。", "A few villages still lack clean drinking water.", "quantity"),
    ("所有港口都裝設了新的雷達。", "Some ports were fitted with new radars.", "quantity"),
    ("印尼的鎳產量高於菲律賓。", "Indonesia produces less nickel than the Philippines.", "opposites"),
    ("無人機的成本遠低於飛彈。", "Drones cost far more than missiles.", "opposites"),
    ("這是該地區最大的天然氣田。", "It is the smallest gas field in the region.", "opposites"),
    ("該國退出協定，因此失去融資。", "The country left the accord because it lost financing.", "opposites"),
    ("軍方否認使用集束彈藥。", "The military confirmed using cluster munitions.", "opposites"),
    ("印尼已向法國訂購四十二架戰機。", "Indonesia will order forty-two fighter jets from France.", "tense"),
    ("菲律賓將在年底前關閉基地。", "The Philippines closed the base before the end of the year.", "tense"),
    ("該國正與歐盟談判自由貿易協定。", "The country has concluded a free trade agreement with the EU.", "tense"),
    ("北京打算擴建軍港。", "Beijing has expanded the naval port.", "tense"),
    ("議會通過了新的國防預算。", "Parliament will pass a new defense budget.", "tense"),
    ("央行已將利率調降兩碼。", "The central bank will cut interest rates by half a percentage point.", "tense"),
    ("難民越過西部邊界。", "Refugees crossed the eastern border.", "opposites"),
    ("該禁令在2004年底解除。", "The ban was lifted in early 2004.", "dates"),
    ("批評者指控，法案會扼殺媒體。", "The bill would stifle the media.", "hedge_zh"),
    (
        "挪威在縮減國內油田與風場投資的同時，悄悄延長了華為的雲端合約，因為境內的資料中心短期內別無供應來源。",
        "Norway has quietly extended its cloud contract with Huawei, because the data centers have no other supplier in the near term.",
        "omission_zh",
    ),
    ("挪威即將對船隻徵收碳費。", "Norway has begun to levy a carbon charge on ships.", "tense"),
    ("智利當時正在審視港口合約。", "Chile had by then reviewed its port contract.", "tense"),
    ("倫敦已與該國談成漁業協定。", "London is negotiating a fisheries agreement with the country.", "tense"),
    ("工會將循司法途徑挑戰法案。", "The union has already begun to challenge the bill in the courts.", "tense"),
    ("德國被法國說服，同意共同發債。", "France was persuaded by Germany to accept joint debt.", "actors"),
    ("肯亞總統魯托在開幕式上致詞。", "Kenyan President Raila Odinga spoke at the opening ceremony.", "names"),
    ("儘管預算遭刪減，海軍仍完成了三艘巡防艦。", "The navy completed three frigates because its budget was cut.", "opposites"),
    ("作者肯定政府的改革方向，但批評執行過於緩慢。",
     "The author criticizes the direction of the government’s reform but praises its slow implementation.", "opposites"),
    ("印度的鋼鐵產量比日本高。", "Japan’s steel output is higher than India’s.", "actors"),
    ("軍售案是為了安撫盟友，而不是為了創造就業。",
     "The arms sale is meant to create jobs, not to reassure allies.", "contrast"),
    ("芬蘭斥責匈牙利。", "Hungary has scolded Finland.", "actors"),
    ("總理會見礦工。", "The miners met the prime minister.", "actors"),
    ("赤字源於政府減稅，而非社會福利。", "The deficit stems from social welfare rather than from government tax cuts.", "contrast"),
    ("政府應優先整修橋梁。", "The government has repaired bridges first.", "tense"),
    ("瑞典已重建駐軍。", "Sweden is rebuilding the garrison at Visby.", "tense"),
    ("他訪問過基輔。", "He will visit Kyiv.", "tense"),
    ("雙方讓步。", "Neither side gave way.", "negation_en"),
    ("台灣向美國出售F-16。", "The United States sold F-16s to Taiwan.", "actors"),
    ("寮國擔心越南的制裁。", "Vietnam fears sanctions from Laos.", "actors"),
    ("出口增加4%。", "Exports were 4 percent less.", "direction"),
    ("該公司未配合調查。", "The company cooperated with the investigation.", "negation_zh"),
    ("法案須經國會兩院通過。", "The bill must pass either house of Congress.", "opposites"),
    ("飛彈可打擊該國任何地方。", "The missiles can strike parts of the country.", "quantity"),
    ("已開發國家應提供資金。", "All countries should provide funds.", "opposites"),
    ("雨量少於平均值。", "Rainfall was above average.", "direction"),
    ("越南的檢察官要求泰國交出帳冊。", "Thailand’s prosecutors asked Vietnam to hand over the books.", "actors"),
    ("投資環境相當穩定。", "The investment climate is quite volatile.", "opposites"),
    ("大約一半的國家提交了計畫。", "Nearly all countries submitted plans.", "quantity"),
    ("有些成員國批准了協定。", "Most members ratified the agreement.", "quantity"),
    ("兩個小組都同意設上限。", "One of the two teams agreed to a cap.", "opposites"),
    ("政府恢復補貼。", "The government decided to abolish the subsidies.", "opposites"),
    ("擴大貿易未必帶來民主。", "More trade will not bring democracy.", "hedge_zh"),
    ("預計第三季恢復生產。", "Production is expected to resume in the second quarter.", "dates"),
    ("數百人遭逮捕。", "Dozens of people were arrested.", "multiples"),
    ("冷戰後二十年。", "The decade after the Cold War.", "dates"),
    ("財政部長辭職。", "The foreign minister resigned.", "opposites"),
    ("查德的選舉。", "The election in Togo.", "names"),
    ("委員會每季審查藥品庫存。",
     "The committee reviews stocks of medicines every quarter and sends the results of its work to the legislature.", "omission_en"),
    ("國會通過預算，在野黨隨即在首都街頭發起大規模抗議活動。", "Parliament passed the budget.", "omission_zh"),
    ("停火後油價下跌。無法提供影像。", "Oil prices fell after the cease-fire.", "omission_zh"),
    ("湄公河的海岸線逐年後退。", "The coastline of the Mekong is advancing year by year.", "opposites"),
    ("工廠至少是農場的三倍。", "A factory is at most three times as large as a farm.", "opposites"),
    ("停火自週四上午八時起生效。", "The cease-fire takes effect at 8 p.m. on Thursday.", "dates"),
    ("最低工資為每小時12歐元。", "The minimum wage is 12 euros a day.", "opposites"),
    ("沒有一位候選人支持重啟核電廠。", "Most candidates support restarting the nuclear plant.", "quantity"),
    ("匈牙利否決了援款。", "Hungary approved the aid.", "opposites"),
    ("東部各省的投票率與全國平均相當。", "Turnout in the eastern provinces was well below the national average.", "opposites"),
    ("與其加碼補貼，作者寧可政府投資電網。", "The author would rather see the government raise subsidies than invest in the grid.", "contrast"),
    ("兩國已簽署協定。", "The two countries hope to sign an agreement.", "tense"),
    ("內閣正考慮延長期限。", "The cabinet decided to extend the deadline.", "opposites"),
    ("波蘭向南韓採購180輛戰車。", "South Korea has bought 180 tanks from Poland.", "actors"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("zh", "is_name"),
    [("習主席訪問河內。", True), ("拜習會後發布聲明。", True), ("兩國舉行聯合演習。", False), ("學習近代史。", False),
     ("習慣已改變。", False), ("與習會面。", True)],
)  # fmt: skip
def test_surname_of_one_character_is_a_name_only_as_a_word_of_its_own(zh, is_name):
    codes = {finding.code for finding in find_in_pair(zh, "Putin went home.")}
    assert ("meaning.names" in codes) == is_name


@pytest.mark.parametrize(
    ("zh", "en", "right"),
    [
        ("他們呼遇停火。", "They appealed for a ceasefire.", "呼籲"),
        ("談判陷入疆局，雙方各說各話。", "The talks have reached a deadlock.", "僵局"),
        ("談判陷入疆局，雙方各說各話。", "The talks have failed.", ""),
        ("談判陷入僵局，雙方各說各話。", "The talks have reached a deadlock.", ""),
        ("他們呼，遇停火。", "They appealed for a ceasefire.", ""),
        ("砲兵進駐。", "The artillery arrived.", ""),
        ("談判陷入疆局。", "A deadlock has a price.", "僵局"),
        ("使政府少了外匯。", "It cost the government foreign exchange.", ""),
        ("這座小廠原訂儘速關閉。", "The small factory was originally to close as soon as possible.", ""),
        ("損失由島與船承擔。", "Islands and ships bear it.", ""),
        ("美國停供經費。", "American funding stopped.", ""),
        ("漁季提前結束。", "The season closed early.", ""),
        ("走私香菸。", "They smuggle cigarettes.", ""),
    ],
)
def test_wrong_character_of_the_same_sound_is_found_by_the_english(zh, en, right):
    content = Content(bullets=(Bullet(1, zh, en),))
    findings = run_checks(content, CheckContext(), only=("homophones",))
    assert [finding.values["b"] for finding in findings] == [right][: bool(right)]


def build_content(lines: list[str]) -> Content:
    pairs = list(zip(lines[::2], lines[1::2], strict=True))
    bullets = tuple(Bullet(number, *pair) for number, pair in enumerate(pairs[1:], 1))
    return Content(summary_zh=pairs[0][0], summary_en=pairs[0][1], bullets=bullets)


def find_in_pair(zh: str, en: str) -> list[Finding]:
    content = Content(bullets=(Bullet(1, zh, en),))
    return run_checks(content, CheckContext(), only=("meaning", "numbers"))


def list_all_findings(lines: list[str]) -> set[tuple[str, int | None, str]]:
    findings = run_checks(build_content(lines), SHIPPED, only=ADVISORY_CHECKS)
    return {(finding.field, finding.bullet, format_finding_message(finding)) for finding in findings}


@pytest.mark.parametrize(("zh", "en"), AGREEING_PAIRS)
def test_agreeing_pair_has_no_finding(zh, en):
    assert [f for f in find_in_pair(zh, en) if f.check_name == "meaning" or f.code == "numbers.differs"] == []


@pytest.mark.parametrize(("zh", "en", "code"), DIFFERING_PAIRS)
def test_differing_pair_has_finding(zh, en, code):
    assert f"meaning.{code}" in {finding.code for finding in find_in_pair(zh, en)}


def test_correct_briefs_have_only_length_findings():
    for lines in BRIEFS.values():
        assert all("(ratio" in message for _, _, message in list_all_findings(lines))


def test_most_planted_mistakes_are_found():
    clean = {number: list_all_findings(lines) for number, lines in BRIEFS.items()}
    missed = []
    for number, kind, right, wrong in MISTAKES:
        text = "\n".join(BRIEFS[number])
        assert text.count(right) == 1
        if list_all_findings(text.replace(right, wrong).splitlines()) <= clean[number]:
            missed.append((kind, wrong))
    assert len(MISTAKES) == 100
    assert len(missed) <= 4, missed
