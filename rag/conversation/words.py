"""The closed lists that a follow-up is read with: function words, places, given names, titles. English only."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PRONOUNS = {
    **dict.fromkeys(("he", "him", "his"), "he"),
    **dict.fromkeys(("she", "her", "hers"), "she"),
    **dict.fromkeys(("they", "them", "their", "theirs"), "they"),
    **dict.fromkeys(("it", "its"), "it"),
}
"""A pronoun → its class."""

QUESTION_WORDS = _words("who whom whose what which when where why how")
AUXILIARIES = _words(
    "am is are was were be been being do does did have has had can could will would shall should may might must "
    "isn't aren't wasn't weren't don't doesn't didn't haven't hasn't hadn't can't couldn't won't wouldn't shouldn't"
)
PREPOSITIONS = _words(
    "about above across after against along among around as at before behind below beneath beside besides between "
    "beyond by despite down during except for from in inside into like near of off on onto out outside over past "
    "regarding since through throughout to toward towards under until up upon versus via with within without"
)
DETERMINERS = _words("a an the this that these those some any no every each all both either neither another such")
CONJUNCTIONS = _words("and or but so if because while although though than whether once unless")
COPULAS = _words("am is are was were be been being isn't aren't wasn't weren't")

VERBS = _words(
    "apply applies contain contains cover covers include includes included "
    "ask asked asking become became begin began begun believe believed bring brought call called came come comes "
    "compare compared define describe discuss died die do doing done elaborate end ended exist explain feel felt "
    "find found get gets getting give given gave go goes going gone got happen happened happening happens hear heard "
    "help helped join joined keep kept know known knew learn leave left let lead led like liked list live lived lives "
    "look looked lose lost love made make makes making marry married mean means meant meet met mention mentioned move "
    "moved name named need needed occur occurred offer play played plays put reach react receive received release "
    "released respond responded run said saw say saying says see seen sell sold share show showed start started stop "
    "stopped take taken takes tell think thought told took tried try turn use used using want wanted went win won "
    "wins work worked works write written wrote"
)
_ADVERBS = _words(
    "actually again ago already also always else ever even exactly far first finally here however instead just last "
    "later long many maybe more most much never next not now often okay ok once only other others please quite rather "
    "really right same so soon still then there together too usually very well yes yet"
)
_PERSONAL = _words("i me my mine myself you your yours yourself we us our ours himself herself itself themselves")
_VAGUE = _words(
    "thing things something anything everything someone anyone everyone somebody anybody one ones way ways lot kind "
    "kinds type types sort sorts example examples detail details information interesting important aspects aspect "
    "significant notable good ready bad better best new old big different famous successful own main few several able "
    "possible true "
    "thanks thank wow great cool sorry hello hi oh hmm sure nice awesome yeah "
    "article section page text document passage story interview paragraph"
)
FUNCTION_WORDS = (
    QUESTION_WORDS
    | AUXILIARIES
    | PREPOSITIONS
    | DETERMINERS
    | CONJUNCTIONS
    | frozenset(PRONOUNS)
    | _ADVERBS
    | _PERSONAL
)
"""Words that carry no topic."""
LIGHT_WORDS = FUNCTION_WORDS | VERBS | _VAGUE
"""Those, and verbs and nouns too common to search by."""
RELATIONAL_NOUNS = _words(
    "advantage advantages age average benefit benefits cause causes cost costs date difference differences "
    "disadvantage disadvantages effect effects function history impact importance length list meaning number origin "
    "part parts percentage price purpose rate reason reasons result results risk risks role size symptom symptoms "
    "treatment treatments year"
)
"""Heads of "the X of Y", where Y is what is spoken of."""

DOCUMENT_WORDS = _words("article section page text document passage paragraph file report")
"""Nouns for what is being read: "this article" points to no earlier turn."""

CALENDAR = _words(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december spring summer autumn winter fall today yesterday tomorrow"
)
TITLES = _words(
    "president prime minister chancellor premier king queen prince princess pope emperor empress sir dame lord lady "
    "dr doctor professor prof mr mrs ms miss mister madam senator sen governor gov general gen colonel captain "
    "sergeant judge justice secretary ambassador mayor congressman congresswoman representative rep chairman "
    "chairwoman director father brother sister saint st reverend rev bishop archbishop cardinal rabbi imam sheikh "
    "sultan tsar czar coach"
)
KEPT_TITLES = _words("king queen prince princess pope emperor empress sir dame lord lady saint st sultan tsar czar")
"""Titles that are said as part of the name."""
ROLES = TITLES | _words(
    "leader spokesman spokeswoman spokesperson founder actor actress singer author writer poet painter artist "
    "composer musician guitarist drummer bassist pianist player footballer driver boxer wrestler champion officer "
    "commander soldier politician lawyer attorney banker businessman businesswoman owner executive boss manager "
    "chief head chair scientist physicist chemist biologist mathematician engineer inventor philosopher historian "
    "economist psychologist journalist reporter editor correspondent critic host comedian designer architect "
    "photographer producer filmmaker screenwriter novelist playwright man woman boy girl person husband wife son "
    "daughter mother uncle aunt nephew niece cousin friend partner girlfriend boyfriend nurse teacher student pupil "
    "activist veteran deputy envoy diplomat analyst expert researcher dictator warlord monk nun priest explorer "
    "astronaut pilot killer murderer suspect victim witness plaintiff defendant candidate nominee winner speaker "
    "vice co-founder ceo"
)
"""Nouns for one person: before a name they say that it is one."""
MALE_WORDS = _words(
    "mr mister king prince pope emperor sir lord father brother bishop cardinal rabbi imam sheikh sultan tsar czar "
    "actor spokesman chairman businessman congressman man boy husband son uncle nephew boyfriend monk priest"
)
FEMALE_WORDS = _words(
    "mrs ms miss madam queen princess empress dame lady sister actress spokeswoman chairwoman businesswoman "
    "congresswoman woman girl wife daughter mother aunt niece girlfriend nun"
)
ORGANISATION_WORDS = _words(
    "agency airlines alliance army association authority band bank brigade brothers bureau cabinet church city club "
    "college commission committee committees company congress corporation corp council county court courts "
    "department federation force forces foundation fund government group gmbh inc institute institution kingdom "
    "kremlin league llc limited ltd ministry movement museum nation nations nato navy office opera orchestra "
    "organisation organization parliament party police press republic school senate service society state states "
    "street team theatre theater times treaty treasury tribunal trust union university act agreement album book "
    "bridge building castle cup district film games island islands lake law mountain ocean prize river sea song "
    "tower town tour trophy valley village war award awards olympics series show season battle article plan project "
    "protocol programme program house hall park records"
)
"""In a name they say that it is no person."""
PLURAL_WORDS = _words(
    "people children men women countries nations leaders troops soldiers members scientists researchers parents "
    "states companies banks rules talks"
)

PLACES = _words(
    "afghanistan albania algeria andorra angola argentina armenia australia austria azerbaijan bahamas bahrain "
    "bangladesh barbados belarus belgium belize benin bhutan bolivia botswana brazil brunei bulgaria burundi "
    "cambodia cameroon canada chile china colombia comoros congo croatia cuba cyprus czechia denmark djibouti "
    "dominica ecuador egypt eritrea estonia eswatini ethiopia fiji finland france gabon gambia germany ghana greece "
    "greenland grenada guatemala guinea guyana haiti honduras hungary iceland india indonesia iran iraq ireland "
    "italy jamaica japan kazakhstan kenya kiribati kosovo kuwait kyrgyzstan laos latvia lebanon lesotho liberia "
    "libya liechtenstein lithuania luxembourg madagascar malawi malaysia maldives mali malta mauritania mauritius "
    "mexico micronesia moldova monaco mongolia montenegro morocco mozambique myanmar namibia nauru nepal netherlands "
    "nicaragua niger nigeria norway oman pakistan palau palestine panama paraguay peru philippines poland portugal "
    "qatar romania russia rwanda samoa senegal serbia seychelles singapore slovakia slovenia somalia spain sudan "
    "suriname sweden switzerland syria taiwan tajikistan tanzania thailand togo tonga tunisia turkey türkiye "
    "turkmenistan tuvalu uganda ukraine uruguay uzbekistan vanuatu vatican venezuela vietnam yemen zambia zimbabwe "
    "america britain england scotland wales europe asia africa oceania antarctica usa uk eu us u.s u.k u.s.a crimea "
    "abuja amsterdam ankara athens baghdad bangkok barcelona beijing beirut belgrade berlin bern brussels bucharest "
    "budapest cairo canberra caracas chicago copenhagen damascus delhi dublin frankfurt geneva hamburg hanoi havana "
    "helsinki istanbul jakarta jerusalem kabul karachi kharkiv kiev kyiv lagos lima lisbon ljubljana london lviv "
    "madrid manila melbourne milan minsk moscow mumbai munich nairobi odesa oslo ottawa paris prague pyongyang riga "
    "rome santiago seoul shanghai sofia stockholm sydney tallinn tehran tokyo toronto vienna vilnius warsaw "
    "washington zagreb zurich california texas florida alaska hawaii siberia donbas donetsk luhansk kherson mariupol "
    "gaza"
) | frozenset(
    "united states|united kingdom|new york|new york city|new zealand|south africa|south korea|north korea|costa rica|"
    "saudi arabia|sri lanka|hong kong|new delhi|los angeles|san francisco|el salvador|puerto rico|holy see|far east|"
    "united arab emirates|sierra leone|burkina faso|ivory coast|middle east|soviet union|european union|great britain|"
    "northern ireland|south america|north america|latin america|papua new guinea|buenos aires|cape town|czech republic|"
    "rio de janeiro".split("|")
)
DEMONYM_ENDINGS = ("ian", "ish", "ese", "ean")
DEMONYMS = _words(
    "african american asian allied arab british chinese czech danish dutch european french german greek iraqi irish "
    "israeli korean pakistani polish saudi scottish soviet spanish swedish swiss thai turkish ukrainian welsh "
    "western eastern northern southern russian american european african australian austrian belgian brazilian "
    "canadian colombian egyptian hungarian indian iranian italian japanese mexican norwegian portuguese romanian "
    "syrian palestinian vietnamese"
)

# A name that both lists have says that it is a person's, and no more.
MALE_NAMES = _words(
    "andrea carol kelly leslie lynn maria nicola shannon taylor "
    "aaron abdul abdullah abraham adam adolf adrian ahmed akira alan albert alberto alejandro aleksandr alex "
    "alexander alexei alexis alfred ali allan allen alexandre ahmad amir anatoly anders andreas andrei andrew andrey "
    "andriy andrzej andy angelo anthony anton antonio antony archie arnold arthur augustus barack barry bartholomew "
    "ben benjamin bernard bernie bert bill billy björn bob bobby boris brad brandon brendan brett brian bruce bruno "
    "bryan burt carl carlo carlos cesar charles charlie chris christian christopher chuck clarence claude clint "
    "colin conan cornelius craig curtis dan daniel danny darren dave david dean denis dennis derek diego dieter "
    "dimitri dirk dmitri dmitry dmytro dominic donald donnie doug douglas duncan dwight dylan earl ed eddie edgar "
    "edmund eduardo edward edwin egor elias elliott elon elton emil emmanuel enrico enrique enzo eric erich erik "
    "ernest ernesto erwin eugene evan evgeny fabio felix ferdinand fernando fidel floyd francesco francis francisco "
    "franco franjo frank franklin franz fred freddie frederick friedrich fyodor gabriel galileo garth gary gavin "
    "geoff geoffrey george georgy gerald gerard gerhard giovanni giuseppe glen glenn gordon graham greg gregory "
    "guido guillermo günter gustav guy hans harold harry haruki hassan heinrich henri henry herbert herman hermann "
    "hideo hiroshi howard hubert hugh hugo hussein ian ibrahim igor immanuel isaac ismail ivan jack jacob jacques "
    "jakob jamal james jamie jan jared jason jay jean jeff jeffrey jens jeremy jerome jerry jesse jesus jim jimmy "
    "joachim joe joel johan johann johannes john johnny jon jonas jonathan jorge jose josé josef joseph joshua josh "
    "juan julian julio julius jürgen justin karl keith keir ken kenji kenneth kevin kim klaus konrad konstantin kofi "
    "kurt kyle larry lars lawrence lee leo leon leonard leonardo leonid lev lewis liam lionel lou louis luca lucas "
    "ludwig luigi luis luiz luke maksim malcolm manuel marc marcel marco marcus mario mark marko martin marvin "
    "mateusz matt matteo matthew matthias maurice max maxim maximilian mehmet mel michael michel michelangelo miguel "
    "mikael mike mikhail miles milan milton mohamed mohammad mohammed morgan moses muhammad mustafa mykola narendra "
    "nathan neil nelson nicholas nick nicolas niels nigel nikita nikola nikolai nikolay norman olaf oleg oleksandr "
    "oleksii oliver omar orson oscar oskar otto owen pablo paolo patrick paul pavel pavlo pedro percy pete peter "
    "petro phil philip philippe pierre pieter piotr rafael raj rajesh ralph ramon randy raoul raphael ray raymond "
    "recep reinhard rene rené ricardo richard rick ricky robert roberto robin rod rodrigo roger roland roman ron "
    "ronald roy rudolf rupert russell ryan salvador sam samuel saddam scott sean sebastian serge sergei sergey "
    "sergio serhii seth shane shaun shawn shinzo sidney sigmund simon stan stanislav stanley stefan stephen steve "
    "steven stewart stuart sven taras ted terry theo theodore thomas tim timothy toby tom tommy tony trevor ulrich "
    "umberto vaclav valery vasily victor viktor vincent vitali vitaly vladimir vladislav volodymyr vyacheslav walt "
    "walter wayne werner wilhelm will willem william willy winston wolfgang xavier xi yasser yevgeny yitzhak yuri "
    "yury yves zoltan"
)
FEMALE_NAMES = _words(
    "alex jamie kim lee morgan robin shannon terry "
    "abby abigail ada adele agatha agnes aisha alexandra alexandria alice alicia alison amanda amelia amy ana "
    "anastasia andrea angela angelina anita ann anna anne annette annie antonia april ariana astrid audrey augusta "
    "aung ava barbara beatrice belinda benazir bernadette bertha beth betty beverly beyoncé billie bonnie brenda "
    "bridget britney camilla candace carla carmen carol caroline catherine cecilia celine charlotte cher cheryl "
    "chloe christina christine claire clara claudia cleopatra colleen constance coretta cynthia daisy daniela daphne "
    "deborah debra denise diana diane dolly dolores donna doris dorothy edith eileen elaine eleanor elena elisabeth "
    "elizabeth ella ellen emilia emily emma emmeline erika esther ethel eva eve evelyn fatima faith fiona florence "
    "frances frida gabriela gabrielle georgia georgina geraldine gertrude gina giorgia gisele gloria golda grace "
    "greta gwen hannah harriet hayley hedy heather heidi helen helena helga hilary hillary ida imelda indira ingrid "
    "irene irina iris irma isabel isabella isadora ivana jacqueline jacinda jane janet janice janis jean jeanne "
    "jennifer jessica jill joan joanna joanne josephine joyce juanita judith judy julia julianne julie juliet kamala "
    "karen karin kate katherine kathleen kathryn kathy katie katy kelly kerry kirsten kristen kristina lady lana "
    "larissa laura lauren lena leslie lesya liane lidia lillian linda lindsay lisa liz louisa louise lucia lucille "
    "lucy ludmila lydia lynn madeleine madonna maggie malala mandy margaret margarita maria mariah marie marilyn "
    "marina marion marissa martha mary matilda maya meghan melanie melinda melissa meryl mia michelle miriam molly "
    "monica nadia nancy naomi natalia natalie nataliya nicola nicole nina nora norma octavia oksana olena olga olha "
    "olivia oprah pamela patricia patsy patti paula pauline peggy penelope phyllis polly priscilla rachel ramona "
    "rebecca regina renata rhonda rita roberta rosa rosalind rose rosemary ruth sabrina sally samantha sandra sara "
    "sarah scarlett selena serena shakira sharon sheila shirley silvia simone sofia sonia sophia sophie stacy stella "
    "stephanie sue susan suzanne svetlana sylvia tamara tanya tatiana taylor teresa thelma theresa tina toni tori "
    "ursula valentina valerie vanessa vera veronica victoria viola violet virginia vivian vivien wanda wendy whitney "
    "whoopi wilhelmina winifred yael yoko yulia yuliya yvonne zaha zelda zoe"
)

GIVEN_NAMES = MALE_NAMES | FEMALE_NAMES
KNOWN_NAMES = GIVEN_NAMES | PLACES | TITLES
"""Words that are a name, or begin one, wherever they have a capital."""
HELPERS = AUXILIARIES - COPULAS
"""Auxiliaries that part a subject from its verb."""
VERBAL = AUXILIARIES | VERBS
LINKS = PREPOSITIONS | AUXILIARIES | DETERMINERS
