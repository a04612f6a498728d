package report

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"math"
	"path/filepath"
	"slices"
	"sync"

	"braid/feature"
	"braid/predictor"
	"braid/tensor"
)

// Limits of what is shown of the inputs of a mistake.
const (
	mostInputs       = 6
	mostShown        = 6       // mistakes before the rest is folded
	mostPictureBytes = 2 << 20 // of all pictures of the page
)

// mistakes are the worst answers of a head.
type mistakes struct {
	Title string
	Note  string // what is beside an answer
	None  string // in place of a list
	All   int    // mistakes
	List  []mistake
	More  []mistake // after mostShown
	Cut   bool      // some pictures are left out
}

// Shown returns the number of mistakes that are listed.
func (m *mistakes) Shown() int { return len(m.List) + len(m.More) }

// fold moves the mistakes after the first ones to More.
func (m *mistakes) fold() {
	if len(m.List) > mostShown {
		m.List, m.More = m.List[:mostShown], m.List[mostShown:]
	}
}

// mistake is a wrong answer to a row.
type mistake struct {
	Place         string
	Truth, Answer string
	Sure          string // the probability, or the error
	Pictures      []shown
	Inputs        []input
	More          int // inputs that are not listed

	row int32 // of the frame
}

// shown is a picture as the network sees it.
type shown struct {
	URL           template.URL
	Text          string
	Column        string // "" if there is one column of pictures
	Width, Height int
}

// input is a cell that the network reads.
type input struct{ Name, Text string }

// mostConfident returns the wrong answers that the model is surest of.
func (m *measured) mostConfident(k *known) *mistakes {
	wrong := slices.DeleteFunc(slices.Clone(k.list), func(o outcome) bool { return o.right })
	slices.SortStableFunc(wrong, func(a, b outcome) int {
		return cmp.Compare(b.probability, a.probability)
	})
	of := &mistakes{Title: "The most confident mistakes", All: len(wrong)}
	if len(wrong) == 0 {
		of.None = fmt.Sprintf("No mistake in %s.", countOf(len(k.list), "row", "rows"))
		return of
	}
	for _, o := range wrong[:min(len(wrong), mostWrong)] {
		of.List = append(of.List, m.mistake(o, o.sure()))
	}
	if wrong[0].worst != "" {
		of.Note = "Beside each answer is the label that is most wrong in it, with its probability."
	}
	return of
}

// sure says how sure the model is of a wrong answer, or of what is wrong in it.
func (o outcome) sure() string {
	switch {
	case o.unseen:
		return "lacks a label that training did not have"
	case o.worst == "":
		return percent(o.probability)
	case o.gives:
		return fmt.Sprintf("wrong: “%s”, %s", short(o.worst), percent(o.probability))
	}
	return fmt.Sprintf("lacks “%s”, %s", short(o.worst), percent(1-o.probability))
}

// largest returns the answers of a number that are off most.
func (m *measured) largest(k *known) *mistakes {
	off := func(o outcome) float64 { return math.Abs(o.answered - o.number) }
	list := slices.Clone(k.list)
	slices.SortStableFunc(list, func(a, b outcome) int { return cmp.Compare(off(b), off(a)) })
	of := &mistakes{Title: "The largest errors", All: len(list)}
	for _, o := range list[:min(len(list), mostWrong)] {
		o.text = inUnit(o.answered)
		by := o.answered - o.number
		of.List = append(of.List, m.mistake(o, "off by "+signed(inUnit(by), by)))
	}
	return of
}

// mistake returns a mistake without its pictures.
func (m *measured) mistake(o outcome, sure string) mistake {
	row := m.rows[o.at]
	of := mistake{
		Place: short(filepath.Base(m.frame.Place(int(row)))), Truth: short(o.label),
		Answer: short(o.text), Sure: sure, row: row,
	}
	for _, f := range m.file.Features {
		if _, isFile := f.Encoder.(feature.FileReader); isFile {
			continue
		}
		text := cellsOf(m.frame, f.Column, []int32{row})[0]
		switch {
		case text == "":
		case len(of.Inputs) == mostInputs:
			of.More++
		default:
			of.Inputs = append(of.Inputs, input{short(f.Column), short(text)})
		}
	}
	return of
}

// addPictures adds the pictures of mistakes as the network sees them, until they take too much
// memory.
func (m *measured) addPictures(heads []*head) error {
	model, err := predictor.New(m.file)
	if err != nil {
		return err
	}
	batch := model.NewBatch(1)
	defer model.Free(batch)
	left := mostPictureBytes // that may still be added
	columns := 0             // of pictures
	for c := range model.Columns {
		if pixels, _ := model.Columns[c].Picture(batch, 0); pixels != nil {
			columns++
		}
	}
	for _, h := range heads {
		if h.Mistakes == nil {
			continue
		}
		for i := range h.Mistakes.List {
			of := &h.Mistakes.List[i]
			for c := range model.Columns {
				p, ok := m.picture(&model.Columns[c], batch, of.row)
				if !ok {
					continue
				}
				if left -= len(p.URL); left < 0 {
					h.Mistakes.Cut = true
					continue
				}
				if columns > 1 {
					p.Column = short(model.Columns[c].Name)
				}
				of.Pictures = append(of.Pictures, p)
			}
		}
		h.Mistakes.fold()
	}
	return nil
}

// picture returns a row's picture in a column.
func (m *measured) picture(c *predictor.Column, b *predictor.Batch, row int32) (shown, bool) {
	if pixels, _ := c.Picture(b, 0); pixels == nil {
		return shown{}, false
	}
	cell := cellsOf(m.frame, c.Name, []int32{row})[0]
	note, err := c.Encode(b, 0, feature.Value{Text: cell, Folder: m.frame.Folder(int(row))})
	if err != nil || note&feature.Missing != 0 {
		return shown{}, false
	}
	pixels, shape := c.Picture(b, 0)
	picture := drawn(pixels, shape)
	if picture == nil {
		return shown{}, false
	}
	var content bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression, BufferPool: &buffers}
	if err := encoder.Encode(&content, picture); err != nil {
		return shown{}, false
	}
	return shown{
		URL: template.URL("data:image/png;base64," +
			base64.StdEncoding.EncodeToString(content.Bytes())),
		Text: short(c.Name + ": " + cell), Width: shape[1], Height: shape[0],
	}, true
}

// buffers keeps the memory of an encoder, which takes a megabyte, for the next picture.
var buffers encoderBuffers

type encoderBuffers struct{ pool sync.Pool }

func (b *encoderBuffers) Get() *png.EncoderBuffer {
	e, _ := b.pool.Get().(*png.EncoderBuffer)
	return e
}

func (b *encoderBuffers) Put(e *png.EncoderBuffer) { b.pool.Put(e) }

// drawn returns pixels as a picture: grey, or of red, green and blue. Others cannot be drawn.
func drawn(pixels []uint8, shape tensor.Shape) image.Image {
	height, width := shape[0], shape[1]
	rectangle := image.Rect(0, 0, width, height)
	switch channels := len(pixels) / (height * width); channels {
	case 1:
		return &image.Gray{Pix: pixels, Stride: width, Rect: rectangle}
	case 3:
		picture := image.NewNRGBA(rectangle)
		for at := range height * width {
			p := pixels[3*at:]
			picture.SetNRGBA(at%width, at/width, color.NRGBA{p[0], p[1], p[2], 0xff})
		}
		return picture
	}
	return nil
}
